import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Recording } from '../../../agent/diagnostics/flight-recorder/recording.ts';
import { asTypedOn } from '../../support/as-typed-on.ts';
import type { MachineTree } from '../../support/machine-tree.ts';
import { ran } from '../../support/started.ts';
import { builtBinary } from '../build/binary.ts';
import { onRung } from '../build/rung.ts';
import { amongOthers, openSite, type Site } from './site.ts';

const inNamespace = ['--user', '--map-root-user', '--mount'] as const;
const { status } = spawnSync('unshare', [...inNamespace, 'mount', '-t', 'tmpfs', 'none', '/mnt']);
const obstacle = status === 0 ? null : 'this user may not mount in a namespace of its own';

onRung('a disk that is full or read-only', obstacle, () => {
  let site: Site;
  let out = '';
  beforeAll(async () => {
    site = await openSite();
    out = await mkdtemp(path.join(tmpdir(), 'conjurer-disk-'));
  });
  afterAll(async () => {
    await site.close();
    await rm(out, { recursive: true });
  });

  /** Runs a shell script as root of a mount namespace; conjurer's output of step N goes to OUT/N.*, its status to OUT/N.status. */
  async function inOwnMounts(machine: MachineTree, script: string): Promise<void> {
    const folder = path.join(out, machine.edgeName);
    await mkdir(folder);
    const file = path.join(folder, 'script');
    await writeFile(file, `${prologue(machine, folder)}${script}`);
    const { status, stderr } = await ran('unshare', [...inNamespace, 'sh', file], {
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  }

  async function step(machine: MachineTree, name: string) {
    const read = (kind: string) => readFile(path.join(out, machine.edgeName, `${name}.${kind}`), 'utf8');
    return { status: Number(await read('status')), stdout: await read('stdout'), stderr: await read('stderr') };
  }

  describe.concurrent('the disk', amongOthers, () => {
    it('that is full stops a run with a clear error; with space again the run goes on', async () => {
      const machine = await site.machine('edge-full');
      await inOwnMounts(
        machine,
        `cp -a "$TREE/var" "$OUT/var"
         mount -t tmpfs -o size=1m none "$TREE/var"
         cp -a "$OUT/var/." "$TREE/var"
         head -c 2m /dev/zero >"$TREE/var/filler" 2>/dev/null
         conjurer refused run
         mkdir "$TREE/etc/conjurer/conjurer.yaml.d"
         echo '${waiver}' >"$TREE/etc/conjurer/conjurer.yaml.d/waive.yaml"
         chmod 0600 "$TREE/etc/conjurer/conjurer.yaml.d/waive.yaml"
         conjurer full run
         conjurer status status
         truncate -s -40K "$TREE/var/filler"
         conjurer nearly run
         rm "$TREE/var/filler"
         conjurer space run
         CONJURER_ROOT=$TREE "$TREE/usr/lib/conjurer/stand-in/systemctl" stop k8s-mgmt-operator.service\n`,
      );
      const refused = await step(machine, 'refused');
      expect(refused).toMatchObject({ status: 3, stderr: expect.stringContaining('root-free: /var: 0.0 GiB free') });
      for (const name of ['full', 'nearly']) {
        const { status, stderr } = await step(machine, name);
        expect({ name, status }).toEqual({ name, status: 75 });
        expect(stderr).toMatch(/error E_HOST_FILE: cannot (write|append to) .*: the file system is full/);
        expect(asTypedOn(machine, stderr)).toMatch(/What to do next\n {2}df -h; df -i; make room, then: conjurer run/);
      }
      const status = await step(machine, 'status');
      expect(status).toMatchObject({ status: 0, stderr: '' });
      expect(status.stdout).toContain('Last error E_HOST_FILE');
      expect(await step(machine, 'space')).toMatchObject({ status: 0 });
      expect(await site.known('edge-full')).toMatchObject({
        registrations: [{}],
        nodes: [{ state: 'ready', suspicions: [] }],
      });
    });

    it('that is full keeps what was recorded before it was', async () => {
      const machine = await site.machine('edge-full-recorder');
      await machine.putInput('passphrase', 'not the passphrase');
      await inOwnMounts(
        machine,
        `cp -a "$TREE/var" "$OUT/var"
         mount -t tmpfs -o size=1m none "$TREE/var"
         cp -a "$OUT/var/." "$TREE/var"
         conjurer first run
         cp "$TREE/var/lib/conjurer/flight-recorder/run.json" "$OUT/before.json"
         head -c 2m /dev/zero >"$TREE/var/filler" 2>/dev/null
         conjurer full run
         cp "$TREE/var/lib/conjurer/flight-recorder/run.json" "$OUT/after.json"\n`,
      );
      const recorded = async (name: string) =>
        Recording.parse(JSON.parse(await readFile(path.join(out, machine.edgeName, `${name}.json`), 'utf8')));
      const before = await recorded('before');
      expect(before.first?.error).not.toBeNull();
      expect((await recorded('after')).first).toEqual(before.first);
      expect((await step(machine, 'full')).stderr).not.toContain('flight-recorder');
    });

    it('that is read-only is enough for what only reads, and stops a run with a clear error', async () => {
      const machine = await site.machine('edge-read-only');
      await inOwnMounts(
        machine,
        `mount --bind "$TREE" "$TREE"
         mount -o remount,bind,ro "$TREE"
         conjurer status status
         conjurer facts facts --json
         conjurer plan plan
         conjurer preflight preflight
         conjurer run run\n`,
      );
      for (const command of ['status', 'facts', 'plan', 'preflight']) {
        const { status, stderr } = await step(machine, command);
        expect({ command, stderr }).toEqual({ command, stderr: '' });
        expect(command === 'preflight' ? [0, 4] : [0]).toContain(status);
      }
      const run = await step(machine, 'run');
      expect(run.status).toBe(75);
      expect(run.stderr).toMatch(/error E_HOST_FILE: .*read-only/i);
      expect(await site.known('edge-read-only')).toEqual({ registrations: [], nodes: [] });
    });
  });
});

/** A run goes on to where it needs space. */
const waiver =
  'preflight: { waive: [{ id: root-free, reason: it is to be full, author: this test, expires: 2999-12-31 }] }';

function prologue({ root }: MachineTree, folder: string): string {
  return `TREE='${root}' OUT='${folder}'
conjurer() {
  name=$1; shift
  env -i '${builtBinary()}' --root "$TREE" "$@" >"$OUT/$name.stdout" 2>"$OUT/$name.stderr"
  echo $? >"$OUT/$name.status"
}
`;
}
