import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { lowerGlibc } from '../../build/elf/lower-glibc.ts';
import { strip } from '../../build/elf/strip.ts';
import { readNodeBase } from '../../build/node-base.ts';
import { runTool } from '../tool.ts';
import { FILES } from './install-conjurer.ts';
import { layFile } from './lay-files.ts';

const project = join(import.meta.dirname, '..', '..');
export const OPERATOR_UNIT = 'k8s-mgmt-operator.service';
const FOLDER = '/usr/lib/k8s-mgmt-operator';

/**
 * The management operator: a directory that is laid over the root of the image, with a unit of that name in it; or, where
 * none is given, the reference operator with a Node of its own that starts on every release.
 */
export async function installOperator(root: string, directory: string | null): Promise<void> {
  if (directory !== null) return cpSync(directory, root, { recursive: true, preserveTimestamps: true });
  const { outputFiles } = await build({
    absWorkingDir: project,
    entryPoints: ['test/operator/main.ts'],
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    write: false,
    logLevel: 'silent',
    // undici is CommonJS and asks for Node's modules by require().
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
  write(root, `${FOLDER}/operator.mjs`, outputFiles[0]?.text ?? '', 0o644);
  const node = strip(readNodeBase(project, 'x64').bytes);
  lowerGlibc(node);
  write(root, `${FOLDER}/node`, node, 0o755);
  layFile(join(FILES, OPERATOR_UNIT), root, `/usr/lib/systemd/system/${OPERATOR_UNIT}`, 0o644);
  // Enabled before hand-off as after it: a unit that conjurer enabled would differ from the manifest at the next boot.
  runTool('chroot', [root, 'systemctl', 'enable', OPERATOR_UNIT]);
}

function write(root: string, path: string, content: Buffer | string, mode: number): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content, { mode });
}
