import { describe, expect, it } from 'vitest';
import type { Facts } from '../../../../bootstrap/facts/facts.ts';
import { localHost } from '../../../../bootstrap/host/local-host.ts';
import type { CheckResult } from '../../../../bootstrap/preflight/check.ts';
import { makeReport } from '../../../../bootstrap/preflight/report.ts';
import { resultOf } from '../../../../bootstrap/preflight/result.ts';
import { preflightStage } from '../../../../bootstrap/preflight/stage.ts';

const now = new Date('2026-09-21T14:13:20Z');
const passing = resultOf('swap', { status: 'pass', observed: 'no swap' }, 1);
const warning = resultOf('cpu-level', { status: 'fail', observed: 'x86-64-v1' }, 1);
const memory = resultOf(
  'memory',
  { status: 'fail', observed: '900 MiB', required: '1700 MiB', fix: 'give it more' },
  1,
);
const etcd = resultOf('etcd-data', { status: 'fail', observed: '/var/lib/etcd/member', fix: 'kubeadm reset' }, 1);
const waiver = { id: 'memory', reason: 'lab VM', author: 'J. Doe', expires: '2027-01-31' };

function stageOver(results: CheckResult[], options: { isIn?: boolean; waivers?: (typeof waiver)[] } = {}) {
  const notes: string[] = [];
  const { isIn = false, waivers = [] } = options;
  const stage = preflightStage({
    check: async () => makeReport({ results, waivers, last: new Map(), now }),
    isIn: async () => isIn,
    note: text => notes.push(text),
  });
  const { signal } = new AbortController();
  const context = { host: localHost({ root: '/' }), outputs: { facts: {} as Facts }, signal };
  return { notes, plan: stage.plan(context), verify: () => stage.verify(context) };
}

describe('the stage preflight', () => {
  it('changes nothing, holds where nothing blocks, and tells of what warns', async () => {
    const { notes, plan, verify } = stageOver([passing, warning]);
    expect(await plan).toEqual([]);
    expect(await verify()).toMatchObject({ verdict: 'warn' });
    expect(notes).toEqual(['preflight cpu-level warns: x86-64-v1']);
  });

  it('ends the run where a check blocks: status 3, each of them named, and how the first is mended', async () => {
    const { verify } = stageOver([passing, memory, etcd]);
    await expect(verify()).rejects.toMatchObject({
      code: 'E_PREFLIGHT_FAILED',
      exitStatus: 3,
      message: 'preflight memory, etcd-data failed',
      seen: 'memory: 900 MiB; etcd-data: /var/lib/etcd/member',
      wanted: 'memory: 1700 MiB; etcd-data: no /var/lib/etcd/member',
      next: 'give it more; then: conjurer preflight',
      data: { check: 'memory', also: 'etcd-data' },
    });
  });

  it('goes on over a waiver, and tells who answers for it', async () => {
    const { notes, verify } = stageOver([memory], { waivers: [waiver] });
    expect(await verify()).toMatchObject({ verdict: 'warn', checks: [{ waived: { author: 'J. Doe' } }] });
    expect(notes).toEqual(['preflight memory failed: 900 MiB, waived by J. Doe until 2027-01-31: lab VM']);
  });

  it('a node that is in is told of, and not stopped', async () => {
    const { notes, verify } = stageOver([etcd], { isIn: true });
    expect(await verify()).toMatchObject({ verdict: 'fail' });
    expect(notes).toEqual(['preflight etcd-data failed: /var/lib/etcd/member']);
  });
});
