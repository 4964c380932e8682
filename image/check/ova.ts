import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runTool } from '../tool.ts';
import type { Finding } from './check.ts';

/** What vSphere refuses at import. The descriptor itself is in docs/vsphere.md. */
export const ovaCheck = {
  id: 'ova',
  why: 'vSphere refuses the import, or takes a damaged disk for a whole one',
  fix: 'make it by npm run image; nothing in an OVA is changed by hand',
  /** `path`: the OVA; `directory`: its files. */
  find: (path: string, directory: string): Finding[] => [...findOrder(path), ...findDigests(directory)],
} as const;

/** The descriptor is read while the rest still arrives. */
function findOrder(path: string): Finding[] {
  const names = runTool('tar', ['-tf', path]).trim().split('\n');
  if (!names[0]?.endsWith('.ovf')) return [{ where: 'OVA', seen: `begins with ${names[0]}, not with its descriptor` }];
  return names.some(name => name.includes('/')) ? [{ where: 'OVA', seen: 'has directories' }] : [];
}

function findDigests(directory: string): Finding[] {
  const names = readdirSync(directory);
  const manifest = names.find(name => name.endsWith('.mf'));
  if (manifest === undefined) return [{ where: 'OVA', seen: 'no manifest (.mf)' }];
  const lines = readFileSync(join(directory, manifest), 'utf8').trim().split(/\r?\n/);
  const declared = new Map<string, { algorithm: string; digest: string }>();
  for (const line of lines) {
    const [, algorithm, file, digest] = /^(SHA1|SHA256)\(([^)]+)\)= ([0-9a-f]+)$/.exec(line) ?? [];
    if (algorithm === undefined || file === undefined || digest === undefined) {
      return [{ where: manifest, seen: `not as "SHA256(FILE)= DIGEST": ${line}` }];
    }
    declared.set(file, { algorithm, digest });
  }
  return names
    .filter(name => name !== manifest && !name.endsWith('.cert'))
    .flatMap(name => {
      const entry = declared.get(name);
      if (entry === undefined) return [{ where: name, seen: 'is not in the manifest' }];
      const digest = createHash(entry.algorithm)
        .update(readFileSync(join(directory, name)))
        .digest('hex');
      return digest === entry.digest
        ? []
        : [{ where: name, seen: `${entry.algorithm} is ${digest}, not ${entry.digest}` }];
    });
}
