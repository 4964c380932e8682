import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fetchNode } from './fetch-node.ts';
import { type NodePins, readPinnedVersion } from './node-base.ts';
import { sha256, writeOutput } from './output.ts';
import { MACHINES } from './platform.ts';

/** After an upgrade of Node: fetches both packages, checked against package-lock.json, and writes their digests. */
export function repin(root: string): NodePins {
  const versions = new Set(MACHINES.map(machine => readPinnedVersion(root, machine)));
  const [version, ...others] = versions;
  if (version === undefined || others.length > 0)
    throw new Error('package.json pins different versions of Node for the two architectures');
  const digest = (machine: (typeof MACHINES)[number]) => sha256(readFileSync(fetchNode(root, machine, version)));
  const pins: NodePins = { version, sha256: { x64: digest('x64'), arm64: digest('arm64') } };
  writeOutput(join(root, 'build', 'node-pins.json'), `${JSON.stringify(pins, null, 2)}\n`, 0o644);
  return pins;
}
