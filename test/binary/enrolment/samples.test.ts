import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CredentialsSample, sampleCredentials } from '../../support/credentials.ts';
import { type MachineTree, makeMachine } from '../../support/machine-tree.ts';
import { builtBinary } from '../build/binary.ts';

const AT_ONCE = 3;

let samples: readonly CredentialsSample[] = [];
const results = new Map<
  string,
  { status: number | null; credentials: Check | undefined; stdout: string; stderr: string }
>();
const machines: MachineTree[] = [];
let folder = '';

interface Check {
  readonly id: string;
  readonly status: string;
  readonly observed: string;
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'conjurer-samples-'));
  samples = await sampleCredentials();
  const left = [...samples];
  const crew = Array.from({ length: AT_ONCE }, async () => {
    for (let sample = left.shift(); sample !== undefined; sample = left.shift()) {
      const { name, passphrase, credentials } = sample;
      const machine = await makeMachine(builtBinary(), { edgeName: name, files: { passphrase, credentials } });
      machines.push(machine);
      // What lies behind the credentials is not asked here: no address of a sample leads to a Controller.
      const { status, stdout, stderr } = await machine.run('preflight', '--json');
      const { checks } = JSON.parse(stdout) as { checks: Check[] };
      results.set(name, { status, credentials: checks.find(({ id }) => id === 'credentials'), stdout, stderr });
    }
  });
  await Promise.all(crew);
}, 300_000);

afterAll(async () => {
  await Promise.all(machines.map(machine => machine.remove()));
  await rm(folder, { recursive: true });
});

describe('every sample of credentials, by the built binary', () => {
  it('there are 58 of them, good ones and bad ones', () => {
    const good = samples.filter(({ expected }) => 'clusterId' in expected);
    expect({ all: samples.length, good: good.length }).toEqual({ all: 58, good: 11 });
  });

  it('a good one passes, a bad one is named by code and check', () => {
    const seen = samples.map(({ name }) => ({ name, ...outcomeOf(results.get(name)?.credentials) }));
    const wanted = samples.map(({ name, expected }) => {
      if ('clusterId' in expected) return { name, status: 'pass', code: null, check: null };
      return { name, status: 'fail', code: `E_${expected.code.toUpperCase()}`, check: expected.check };
    });
    expect(seen).toEqual(wanted);
  });

  it('a good one names its cluster; a bad one ends preflight with 3 and asks no Controller', () => {
    for (const { name, expected } of samples) {
      const { status, credentials, stdout, stderr } = results.get(name) ?? {
        status: null,
        credentials: undefined,
        stdout: '{}',
        stderr: '',
      };
      expect({ name, status, stderr }).toEqual({ name, status: 3, stderr: '' });
      const { checks } = JSON.parse(stdout) as { checks: Check[] };
      const asked = checks.some(({ id, status: seen }) => id.startsWith('controller-') && seen !== 'skip');
      expect({ name, asked }).toEqual({ name, asked: 'clusterId' in expected });
      if ('clusterId' in expected) expect(credentials?.observed).toContain(`cluster ${expected.clusterId}`);
    }
  });
});

/** "E_CODE [check]: what was wrong", as preflight has it. */
function outcomeOf(check: Check | undefined) {
  const [, code = null, name = null] = /^(E_[A-Z_]+)(?: \[(\w+)\])?:/.exec(check?.observed ?? '') ?? [];
  return { status: check?.status, code, check: name };
}
