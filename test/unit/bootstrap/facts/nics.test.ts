import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { viewOf } from '../../../../bootstrap/facts/gather.ts';
import { nics } from '../../../../bootstrap/facts/nics.ts';
import { readSource } from '../../../../bootstrap/facts/source.ts';
import { localHost } from '../../../../bootstrap/host/local-host.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'facts-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const head = 'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n';

/** The interfaces of a machine without `ip` that has two taps and a default route by one of them. */
async function withDefaultRouteBy(name: string): Promise<readonly { name: string; uplink: boolean }[]> {
  const files = {
    'proc/net/route': `${head}${name}\t00000000\t0202000A\t0003\t0\t0\t0\t00000000\t0\t0\t0\n`,
    'sys/class/net/tap0/address': '02:00:00:00:00:01\n',
    'sys/class/net/tap1/address': '02:00:00:00:00:02\n',
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const host = localHost({ root });
  const run: typeof host.run = async argv => ({
    argv,
    status: null,
    stdout: '',
    stderr: '',
    timedOut: false,
    missing: true,
  });
  const { value } = await readSource(nics, await viewOf({ ...host, run }, new AbortController().signal));
  return value.nics.map(nic => ({ name: nic.name, uplink: nic.uplink }));
}

it('keeps the tap that a rootless container goes out by, and leaves the other out', async () => {
  expect(await withDefaultRouteBy('tap0')).toEqual([{ name: 'tap0', uplink: true }]);
  expect(await withDefaultRouteBy('tap1')).toEqual([{ name: 'tap1', uplink: true }]);
});
