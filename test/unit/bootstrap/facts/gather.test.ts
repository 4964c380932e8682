import { execFileSync } from 'node:child_process';
import { constants, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AgentError } from '../../../../bootstrap/errors.ts';
import { Facts } from '../../../../bootstrap/facts/facts.ts';
import { gatherFacts, sources, viewOf } from '../../../../bootstrap/facts/gather.ts';
import { readSource } from '../../../../bootstrap/facts/source.ts';
import type { Files, Host } from '../../../../bootstrap/host/host.ts';
import { localHost } from '../../../../bootstrap/host/local-host.ts';
import { fixtureHost, fixtureNames, fixturePath } from '../../../support/facts-fixtures/fixture-host.ts';

const quiet = new AbortController().signal;

describe('a machine whose files are known', () => {
  it.each(fixtureNames)('%s gives exactly the document that was written down for it', async name => {
    const { host, unplanned } = fixtureHost(name);
    const facts = await gatherFacts(host, quiet);
    const golden: unknown = JSON.parse(readFileSync(fixturePath(name, 'facts.json'), 'utf8'));
    expect(facts).toEqual(golden);
    expect(Facts.parse(facts)).toEqual(facts);
    expect(unplanned()).toEqual({ unused: [], unexpected: [] });
  });

  it.each(fixtureNames)('%s explains every null', async name => {
    const facts = await gatherFacts(fixtureHost(name).host, quiet);
    expect(unexplained(facts)).toEqual([]);
  });

  it.each(fixtureNames)('%s gives the same document twice', async name => {
    const { host } = fixtureHost(name);
    expect(await gatherFacts(host, quiet)).toEqual(await gatherFacts(host, quiet));
  });

  it('does not let the raw machine-id or user-data out', async () => {
    const text = JSON.stringify(await gatherFacts(fixtureHost('ubuntu-18.04-vmware').host, quiet));
    const machineId = readFileSync(fixturePath('ubuntu-18.04-vmware', 'root/etc/machine-id'), 'utf8').trim();
    expect(text).not.toContain(machineId);
    expect(text).not.toContain('never-in-the-facts');
  });

  it('does not depend on the order in which the kernel lists routes', async () => {
    const { host } = fixtureHost('ubuntu-18.04-vmware');
    const reversed = changed(host, async (path, text) => {
      if (path !== '/proc/net/route' || text === null) return text;
      const [head = '', ...rows] = text.trimEnd().split('\n');
      return [head, ...rows.reverse(), ''].join('\n');
    });
    expect(await gatherFacts(reversed, quiet)).toEqual(await gatherFacts(host, quiet));
  });
});

describe('this machine', () => {
  it('tells what enrolment needs', async () => {
    const facts = Facts.parse(await gatherFacts(localHost({ root: '/' }), quiet));
    expect(facts.bootId).toBe(readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
    expect(facts.memory.totalMiB).toBeGreaterThan(0);
    expect(facts.cpu.threads).toBeGreaterThan(0);
    expect(facts.kernel).toBe(readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim());
    expect(unexplained(facts)).toEqual([]);
  });

  it('tells its addresses where the program ip is not installed', async () => {
    const host = localHost({ root: '/' });
    const bare: Host = { ...host, run: async argv => (argv[0] === 'ip' ? { ...nothing, argv } : host.run(argv)) };
    const facts = await gatherFacts(bare, quiet);
    const known = Object.entries(networkInterfaces()).flatMap(([name, entries = []]) =>
      name === 'lo' ? [] : entries.flatMap(one => (one.family === 'IPv4' ? [`${name} ${one.cidr}`] : [])),
    );
    const told = facts.nics.flatMap(nic => nic.addresses.map(address => `${nic.name} ${address}`));
    expect(told).toEqual(expect.arrayContaining(known));
    expect(facts.missing.map(one => one.field)).not.toContain('nics.addresses');
  });
});

describe('a machine that gives trouble', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'facts-'));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it('a mounted disk: what is stored comes from it, what runs from the machine that runs', async () => {
    mkdirSync(join(root, 'etc'));
    writeFileSync(join(root, 'etc/hostname'), 'mounted-disk\n');
    writeFileSync(join(root, 'etc/os-release'), 'ID=ubuntu\nVERSION_ID="18.04"\nPRETTY_NAME="Ubuntu 18.04"\n');
    const facts = await gatherFacts(localHost({ root }), quiet);
    const running = await gatherFacts(localHost({ root: '/' }), quiet);
    expect(facts.hostname).toBe('mounted-disk');
    expect(facts.os).toEqual({ id: 'ubuntu', versionId: '18.04', prettyName: 'Ubuntu 18.04', arch: running.os.arch });
    expect(facts.identity.machineIdHash).toBeNull();
    expect(facts.bootId).toBe(running.bootId);
    expect(facts.memory.totalMiB).toBe(running.memory.totalMiB);
    expect(facts.nics.map(nic => nic.name)).toEqual(running.nics.map(nic => nic.name));
  });

  it('nothing can be read: every field is null and named, and the run goes on', async () => {
    const refuse = () => Promise.reject(new AgentError('E_HOST_FILE', 'cannot read it: permission denied'));
    const { host } = fixtureHost('container');
    const files = { ...host.files, read: refuse, readText: refuse, stat: refuse, readlink: refuse };
    const blind: Host = { ...host, files, run: async argv => ({ ...nothing, argv }) };
    const facts = Facts.parse(await gatherFacts(blind, quiet));
    expect(unexplained(facts)).toEqual([]);
    expect(facts.bootId).toBeNull();
    expect(facts.missing).toContainEqual({ field: 'memory', why: 'cannot read it: permission denied' });
  });

  it('one file that cannot be read costs one field', async () => {
    const { host } = fixtureHost('ubuntu-18.04-vmware');
    const withheld = changed(host, async (path, text) => {
      if (!path.endsWith('/product_serial')) return text;
      throw new AgentError('E_HOST_FILE', `cannot read ${path}: permission denied`);
    });
    const [facts, all] = await Promise.all([gatherFacts(withheld, quiet), gatherFacts(host, quiet)]);
    const missing = [
      { field: 'identity.serial', why: 'cannot read /sys/class/dmi/id/product_serial: permission denied' },
    ];
    expect(facts).toEqual({ ...all, identity: { ...all.identity, serial: null }, missing });
  });

  it('a file that hangs costs its source alone', async () => {
    mkdirSync(join(root, 'proc'));
    writeFileSync(join(root, 'proc/uptime'), '7.00 7.00\n');
    const path = join(root, 'proc/meminfo');
    execFileSync('mkfifo', [path]);
    const view = await viewOf(localHost({ root }), quiet);
    try {
      const reading = await readSource(sources.memory, view, 30);
      expect(reading.value).toEqual({ totalMiB: null, swapMiB: null });
      expect(reading.missing).toEqual([
        { field: 'memory.swapMiB', why: 'no answer within 30 ms' },
        { field: 'memory.totalMiB', why: 'no answer within 30 ms' },
      ]);
      expect((await readSource(sources.system, view)).value.uptimeSeconds).toBe(7);
    } finally {
      // A writer that comes and goes lets the blocked read end.
      await (await open(path, constants.O_WRONLY | constants.O_NONBLOCK)).close();
    }
  });

  it('a program that hangs is told to stop, and the whole run ends with the reason it was given', async () => {
    const { host } = fixtureHost('ubuntu-18.04-vmware');
    const stop = new AbortController();
    const told: boolean[] = [];
    const hanging: Host = {
      ...host,
      run: (argv, options) =>
        new Promise(resolve => {
          options?.signal?.addEventListener('abort', () => {
            told.push(true);
            resolve({ ...nothing, argv, timedOut: true });
          });
          if (argv[0] === 'df') stop.abort(new AgentError('E_INTERRUPTED', 'interrupted'));
        }),
    };
    await expect(gatherFacts(hanging, stop.signal)).rejects.toMatchObject({ code: 'E_INTERRUPTED' });
    expect(told.length).toBeGreaterThan(0);
  });

  it('garbage in every file and program still ends in a document of the schema, safe to print', async () => {
    const seeds = fc.tuple(fc.constantFrom(...fixtureNames), fc.infiniteStream(mess), fc.infiniteStream(fc.nat(3)));
    await fc.assert(
      fc.asyncProperty(seeds, async ([name, garbage, die]) => {
        const { host } = fixtureHost(name);
        const spoil = (text: string | null): string | null => {
          if (text === null || die.next().value !== 0) return text;
          return String(garbage.next().value);
        };
        const files = changed(host, async (_, text) => spoil(text));
        const run: Host['run'] = async argv => {
          const result = await host.run(argv);
          return { ...result, stdout: spoil(result.stdout) ?? '' };
        };
        const facts = await gatherFacts({ ...files, run }, quiet);
        expect(Facts.parse(facts)).toEqual(facts);
        expect(unexplained(facts)).toEqual([]);
        for (const text of stringsOf(facts)) expect(text).toMatch(/^[^\p{Cc}\p{Cs}\u2028\u2029\u202e]{0,320}$/u);
      }),
      { numRuns: 60 },
    );
  });
});

const nothing = { status: null, stdout: '', stderr: '', timedOut: false, missing: true };

/** Text that nobody expects: any characters, cut-off records, and pieces of what the parsers look for. */
const mess = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 600 }),
  fc.json(),
  fc
    .array(
      fc.constantFrom(
        ...['\n', ' ', ':', '/', '-', '0', '1', ' - ', '8:0', 'flags\t: lm', 'processor\t: 0\n', 'MemTotal: 1 kB'],
        ...['nameserver ', '\u001b[2J', '\u202e', 'ID=', '"', '\\040', 'ffffffff', '{"v1":', '[{"ifname":', '99999999'],
      ),
      { maxLength: 80 },
    )
    .map(parts => parts.join('')),
);

/** A host whose text files are changed on the way, as they would be by a machine that holds something else. */
function changed(host: Host, change: (path: string, text: string | null) => Promise<string | null>): Host {
  const readText: Files['readText'] = async path => change(path, await host.files.readText(path));
  const read: Files['read'] = async path => {
    const text = await change(path, (await host.files.read(path))?.toString('latin1') ?? null);
    return text === null ? null : Buffer.from(text, 'latin1');
  };
  return { ...host, files: { ...host.files, readText, read } };
}

/** Paths of nulls and empty lists that `missing` does not explain; of disks, NICs and routes only the list itself. */
function unexplained(facts: Facts): string[] {
  const named = facts.missing.map(one => one.field);
  const { missing: _, virtualization, ...rest } = facts;
  const isNamed = (path: string) => named.some(field => path === field || path.startsWith(`${field}.`));
  const empty = Object.entries(rest).flatMap(([key, value]) => {
    if (value === null) return [key];
    if (typeof value !== 'object' || Array.isArray(value)) return [];
    return Object.entries(value).flatMap(([inner, held]) => (held === null ? [`${key}.${inner}`] : []));
  });
  if (virtualization.type === null) empty.push('virtualization');
  return empty.filter(path => !isNamed(path));
}

function stringsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return value !== null && typeof value === 'object' ? Object.values(value).flatMap(stringsOf) : [];
}
