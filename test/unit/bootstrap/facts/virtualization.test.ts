import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { viewOf } from '../../../../bootstrap/facts/gather.ts';
import { readSource } from '../../../../bootstrap/facts/source.ts';
import { virtualization } from '../../../../bootstrap/facts/virtualization.ts';
import { localHost } from '../../../../bootstrap/host/local-host.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'facts-'));
});
afterEach(() => rmSync(root, { recursive: true }));

/** What the files of a machine without systemd-detect-virt show. */
async function traced(files: Record<string, string>): Promise<unknown> {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const host = localHost({ root });
  const run: typeof host.run = async argv => ({ ...absent, argv });
  return (await readSource(virtualization, await viewOf({ ...host, run }, new AbortController().signal))).value;
}

const absent = { status: null, stdout: '', stderr: '', timedOut: false, missing: true };
const flags = (more: string) => `processor\t: 0\nflags\t\t: fpu lm${more}\n`;

it.each([
  ['VMware, Inc.', 'VMware Virtual Platform', 'vmware'],
  ['QEMU', 'Standard PC (Q35 + ICH9, 2009)', 'qemu'],
  ['Red Hat', 'KVM', 'kvm'],
  ['Amazon EC2', 't3.large', 'amazon'],
  ['innotek GmbH', 'VirtualBox', 'oracle'],
  ['Microsoft Corporation', 'Virtual Machine', 'microsoft'],
])('%s %s is %s', async (vendor, product, hypervisor) => {
  const id = 'sys/class/dmi/id';
  const seen = await traced({
    [`${id}/sys_vendor`]: `${vendor}\n`,
    [`${id}/product_name`]: `${product}\n`,
    'proc/cpuinfo': flags(' hypervisor'),
  });
  expect(seen).toEqual({ type: 'vm', hypervisor, container: null });
});

it('a Surface is no Hyper-V', async () => {
  const id = 'sys/class/dmi/id';
  const seen = await traced({
    [`${id}/sys_vendor`]: 'Microsoft Corporation\n',
    [`${id}/product_name`]: 'Surface Laptop\n',
    'proc/cpuinfo': flags(''),
  });
  expect(seen).toEqual({ type: 'none', hypervisor: null, container: null });
});

it('the processor alone says that there is some hypervisor', async () => {
  expect(await traced({ 'proc/cpuinfo': flags(' hypervisor') })).toMatchObject({ type: 'vm', hypervisor: 'vm-other' });
});

it('WSL is a container on Hyper-V', async () => {
  const seen = await traced({ 'proc/sys/kernel/osrelease': '5.15.153.1-microsoft-standard-WSL2\n' });
  expect(seen).toEqual({ type: 'container', hypervisor: 'microsoft', container: 'wsl' });
});

it('a processor of another kind says nothing', async () => {
  expect(await traced({ 'proc/cpuinfo': 'processor\t: 0\nCPU architecture: 8\n' })).toMatchObject({ type: null });
});
