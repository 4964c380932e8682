import { chmod, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { standInSystemctl } from '../../../bootstrap/host/local-host.ts';

/** The unit of the management operator, as the image ships it. */
export const operatorUnit = 'k8s-mgmt-operator.service';

const operatorProgram = '/usr/bin/k8s-mgmt-operator';
const project = path.join(import.meta.dirname, '../../..');

/**
 * Gives a throw-away tree what plays its service manager, the operator's unit, and the reference operator as the program
 * of that unit, run by `node` (one that runs TypeScript; default: the one that runs this).
 */
export async function installStandIn(root: string, node: string = process.execPath): Promise<void> {
  const systemctl = path.join(root, standInSystemctl);
  await mkdir(path.dirname(systemctl), { recursive: true });
  await copyFile(path.join(import.meta.dirname, 'systemctl'), systemctl);
  await chmod(systemctl, 0o755);
  const program = path.join(root, operatorProgram);
  await mkdir(path.dirname(program), { recursive: true });
  const main = path.join(project, 'test/operator/main.ts');
  await writeFile(
    program,
    `#!/bin/sh\nexec "${node}" "${main}" --root "$CONJURER_ROOT" --node-name "$(cat "$CONJURER_ROOT/etc/hostname")"\n`,
    { mode: 0o755 },
  );
  const unit = path.join(root, 'etc/systemd/system', operatorUnit);
  await mkdir(path.dirname(unit), { recursive: true });
  await writeFile(unit, unitText, { mode: 0o644 });
}

/** The operator's process in this tree, null where it was never started; it may have ended. */
export async function operatorPid(root: string): Promise<number | null> {
  const text = await readFile(path.join(root, 'run/stand-in', `${operatorUnit}.pid`), 'utf8').catch(() => null);
  const pid = Number(text?.split(' ')[0]);
  return pid > 0 ? pid : null;
}

/** What the operator of this tree has said. */
export async function operatorLog(root: string): Promise<string> {
  return readFile(path.join(root, 'run/stand-in', `${operatorUnit}.log`), 'utf8').catch(() => '');
}

/** Ends the operator at once, as a crash would. */
export async function killOperator(root: string): Promise<boolean> {
  const pid = await operatorPid(root);
  if (pid === null) return false;
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  if (!commandLine.includes(root)) return false;
  try {
    process.kill(pid, 'SIGKILL');
    return true;
  } catch {
    return false;
  }
}

const unitText = `[Unit]
Description=Management operator
After=network-online.target

[Service]
ExecStart=${operatorProgram}
Restart=always

[Install]
WantedBy=multi-user.target
`;
