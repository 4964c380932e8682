import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Writes a CD with these files, for its owner alone. Throws with the package where no program is there that can do it. */
export function writeIso(path: string, label: string, files: Readonly<Record<string, string>>): void {
  const tree = mkdtempSync(join(tmpdir(), 'conjurer-cd-'));
  try {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(tree, name), content, { mode: 0o600 });
    const args = ['-quiet', '-V', label, '-J', '-r', '-o', path, tree];
    for (const [program, ...first] of [['xorriso', '-as', 'mkisofs'], ['genisoimage']] as const) {
      const { status, error, stderr } = spawnSync(program, [...first, ...args], { encoding: 'utf8' });
      if (error !== undefined) continue;
      if (status !== 0) throw new Error(`${program} ended with ${status}:\n  ${stderr.trim()}`);
      chmodSync(path, 0o600);
      return;
    }
    throw new Error('there is neither xorriso nor genisoimage; type: apt-get install xorriso');
  } finally {
    rmSync(tree, { recursive: true });
  }
}
