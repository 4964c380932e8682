import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { PROTOCOL } from '../../../agent/controller/protocol.ts';
import { version } from '../../../agent/version.ts';

it('says that it runs from source, with the version of package.json and the protocol of the wire', () => {
  const manifest = JSON.parse(readFileSync(join(import.meta.dirname, '..', '..', '..', 'package.json'), 'utf8'));
  expect(version).toEqual({
    version: manifest.version,
    commit: 'source',
    builtAt: null,
    node: process.versions.node,
    protocol: PROTOCOL,
    handoffDrivers: ['systemd', 'kubeadm'],
  });
});
