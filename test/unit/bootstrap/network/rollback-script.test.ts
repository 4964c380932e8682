import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const script = join(import.meta.dirname, '../../../../systemd/network-rollback');
const state = '/var/lib/conjurer/network-rollback';

describe('the rollback without the agent, in a tree', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'conjurer-rollback-'));
    put('/etc/netplan/60-conjurer.yaml', 'new');
    put('/etc/netplan/50-cloud-init.yaml.aside', 'theirs');
    put('/etc/systemd/network/05 a.network', 'new');
    put(`${state}/files/1`, 'old: "\\n" $HOME');
    put(
      `${state}/owed`,
      [
        'renderer\tnetplan',
        'absent\t/etc/netplan/60-conjurer.yaml',
        'file\t0640\t1\t/etc/systemd/network/05 a.network',
        'moved\t/etc/netplan/50-cloud-init.yaml\t/etc/netplan/50-cloud-init.yaml.aside',
        'gone\tbr9',
        '',
      ].join('\n'),
    );
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const put = (path: string, text: string): void => {
    mkdirSync(dirname(root + path), { recursive: true });
    writeFileSync(root + path, text);
  };
  const read = (path: string) => (existsSync(root + path) ? readFileSync(root + path, 'utf8') : null);
  const run = () => spawnSync('sh', [script, root], { encoding: 'utf8', env: { PATH: '/usr/bin:/bin' } }).status;

  function expectAsBefore(): void {
    expect(readdirSync(`${root}/etc/netplan`)).toEqual(['50-cloud-init.yaml']);
    expect(read('/etc/netplan/50-cloud-init.yaml')).toBe('theirs');
    expect(read('/etc/systemd/network/05 a.network')).toBe('old: "\\n" $HOME');
    expect(statSync(`${root}/etc/systemd/network/05 a.network`).mode & 0o777).toBe(0o640);
    expect(readdirSync(`${root}/etc/systemd/network`)).toEqual(['05 a.network']);
    expect(readdirSync(root + state)).toEqual(['files', 'rolled-back']);
    expect(read(`${state}/rolled-back`)).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\n$/);
  }

  test('puts back bytes, modes, absence and names', () => {
    expect(run()).toBe(0);
    expectAsBefore();
  });

  test('where nothing is owed it does nothing, also when it was confirmed a moment ago', () => {
    rmSync(`${root}${state}/owed`);
    put(`${state}/confirmed`, 'x');
    expect(run()).toBe(0);
    expect(read('/etc/netplan/60-conjurer.yaml')).toBe('new');
    expect(read(`${state}/rolled-back`)).toBeNull();
  });

  test('cut off in the middle, it goes on when it is run again', () => {
    put(`${state}/claimed`, read(`${state}/owed`) ?? '');
    rmSync(`${root}${state}/owed`);
    rmSync(`${root}/etc/netplan/60-conjurer.yaml`);
    put('/etc/netplan/50-cloud-init.yaml', 'theirs');
    rmSync(`${root}/etc/netplan/50-cloud-init.yaml.aside`);
    expect(run()).toBe(0);
    expectAsBefore();
  });

  test('what cannot be put back is still owed, and the rest is back', () => {
    rmSync(`${root}${state}/files/1`);
    expect(run()).toBe(1);
    expect(read('/etc/netplan/50-cloud-init.yaml')).toBe('theirs');
    expect(read(`${state}/claimed`)).not.toBeNull();
    put(`${state}/files/1`, 'old: "\\n" $HOME');
    chmodSync(`${root}${state}/files/1`, 0o600);
    expect(run()).toBe(0);
    expectAsBefore();
  });
});
