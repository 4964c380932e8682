import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { lowerGlibc } from '../../build/elf/lower-glibc.ts';
import { OPERATOR_FOLDER, operatorProgram } from '../operator-program.ts';
import { runTool } from '../tool.ts';
import { FILES } from './install-conjurer.ts';
import { layFile } from './lay-files.ts';

export const OPERATOR_UNIT = 'k8s-mgmt-operator.service';

/**
 * The management operator: a directory that is laid over the root of the image, with a unit of that name in it; or, where
 * none is given, the reference operator with a Node of its own that starts on every release.
 */
export async function installOperator(root: string, directory: string | null): Promise<void> {
  if (directory !== null) return cpSync(directory, root, { recursive: true, preserveTimestamps: true });
  const { script, node } = await operatorProgram('test/operator/main.ts');
  lowerGlibc(node);
  write(root, `${OPERATOR_FOLDER}/operator.mjs`, script, 0o644);
  write(root, `${OPERATOR_FOLDER}/node`, node, 0o755);
  layFile(join(FILES, OPERATOR_UNIT), root, `/usr/lib/systemd/system/${OPERATOR_UNIT}`, 0o644);
  // Enabled before hand-off as after it: a unit that conjurer enabled would differ from the manifest at the next boot.
  runTool('chroot', [root, 'systemctl', 'enable', OPERATOR_UNIT]);
}

function write(root: string, path: string, content: Buffer | string, mode: number): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content, { mode });
}
