import { describe, expect, it } from 'vitest';
import { nodeDisk } from '../../../../bootstrap/host/disk.ts';
import { createFiles } from '../../../../bootstrap/host/files.ts';
import { type CheckResult, type CheckStatus, PreflightReport } from '../../../../bootstrap/preflight/check.ts';
import type { CheckId } from '../../../../bootstrap/preflight/check-table.ts';
import { keepLastRun, readLastRun } from '../../../../bootstrap/preflight/last-run.ts';
import { makeReport } from '../../../../bootstrap/preflight/report.ts';
import { resultOf } from '../../../../bootstrap/preflight/result.ts';
import { thresholdsOf } from '../../../../bootstrap/preflight/thresholds.ts';
import { unwaivable } from '../../../../bootstrap/preflight/waivers.ts';
import { temporaryTree } from '../../../support/temporary-tree.ts';

const now = new Date('2027-01-31T23:59:59.400Z');
const lab = { reason: 'lab VM', author: 'J. Doe' };

function result(id: CheckId, status: CheckStatus): CheckResult {
  return resultOf(id, { status, observed: 'seen' }, 3);
}

function report(
  results: CheckResult[],
  waivers: { id: string; expires: string }[] = [],
  last: [string, CheckStatus][] = [],
) {
  const parts = { results, waivers: waivers.map(one => ({ ...lab, ...one })), last: new Map(last), now };
  return PreflightReport.parse(makeReport(parts));
}

describe('verdict', () => {
  it.each<[PreflightReport['verdict'], CheckStatus[]]>([
    ['pass', ['pass', 'skip', 'error']],
    ['warn', ['pass', 'warn', 'error']],
    ['fail', ['pass', 'warn', 'fail']],
  ])('%s of %s', (verdict, statuses) => {
    expect(report(statuses.map(status => result('memory', status))).verdict).toBe(verdict);
  });
});

describe('waivers', () => {
  it('hold to the end of their day, stay in the report with the status, and leave a warning', () => {
    const { verdict, checks } = report([result('memory', 'fail')], [{ id: 'memory', expires: '2027-01-31' }]);
    expect(checks).toMatchObject([{ status: 'fail', waived: { ...lab, expires: '2027-01-31' } }]);
    expect(verdict).toBe('warn');
  });

  it.each(['2027-01-30', '2027-01-31T23:59:59Z', '2027-01-31T20:59:59-03:00'])(
    'that ended %s do not hold, and it is said',
    expires => {
      const { verdict, checks } = report([result('memory', 'fail')], [{ id: 'memory', expires }]);
      expect(checks[0]).not.toHaveProperty('waived');
      expect(checks[0]?.observed).toBe(`seen (the waiver of J. Doe ended ${expires})`);
      expect(verdict).toBe('fail');
    },
  );

  it('of two for one check the one that still holds counts', () => {
    const both = [
      { id: 'memory', expires: '2026-01-01' },
      { id: 'memory', expires: '2028-01-01' },
    ];
    expect(report([result('memory', 'fail')], both).verdict).toBe('warn');
  });

  it('hold for their own check alone, and say nothing of what passes', () => {
    const { verdict, checks } = report(
      [result('memory', 'fail'), result('cpu-count', 'pass')],
      [{ id: 'cpu-count', expires: '2028-01-01' }],
    );
    expect(verdict).toBe('fail');
    expect(checks.some(check => 'waived' in check)).toBe(false);
  });

  it('do not hold for what cannot be waived: root, the manifest, the clock against the Controller', () => {
    expect(unwaivable).toEqual(expect.arrayContaining(['root', 'manifest', 'time-skew']));
    for (const id of unwaivable) {
      const { verdict, checks } = report([result(id as CheckId, 'fail')], [{ id, expires: '2028-01-01' }]);
      expect({ id, verdict, checks }).toMatchObject({
        verdict: 'fail',
        checks: [{ status: 'fail', observed: 'seen' }],
      });
    }
  });
});

describe('what changed since the last run', () => {
  it('is marked with what it was; a check that is new, or skipped, is not', () => {
    const { checks } = report(
      [result('memory', 'fail'), result('swap', 'pass'), result('rtc', 'pass'), result('fsync', 'skip')],
      [],
      [
        ['memory', 'pass'],
        ['swap', 'pass'],
        ['fsync', 'pass'],
      ],
    );
    expect(checks.map(({ changed }) => changed)).toEqual([{ from: 'pass' }, undefined, undefined, undefined]);
  });

  it('is known from one run to the next, also of checks that the next one does not make', async () => {
    const files = createFiles(nodeDisk, await temporaryTree());
    const path = '/var/lib/conjurer/preflight.json';
    expect(await readLastRun(files, path)).toEqual(new Map());
    await keepLastRun(files, path, [result('memory', 'fail'), result('swap', 'pass')]);
    await keepLastRun(files, path, [result('memory', 'pass'), result('swap', 'skip')]);
    expect([...(await readLastRun(files, path))]).toEqual([
      ['memory', 'pass'],
      ['swap', 'pass'],
    ]);
    expect((await files.stat(path))?.mode).toBe(0o600);
  });

  it('nothing is written where nothing changed', async () => {
    const files = createFiles(nodeDisk, await temporaryTree());
    const path = '/var/lib/conjurer/preflight.json';
    await keepLastRun(files, path, [result('memory', 'fail')]);
    const before = await files.stat(path);
    await keepLastRun(files, path, [result('memory', 'fail')]);
    expect(await files.stat(path)).toEqual(before);
  });

  it.each(['{"schema": "other"}', 'torn {', '{"schema":"conjurer.preflight-last/v1","statuses":{"memory":"great"}}'])(
    'a file that holds %s is as none',
    async text => {
      const files = createFiles(nodeDisk, await temporaryTree());
      await files.write('/x.json', text, 0o600);
      expect(await readLastRun(files, '/x.json')).toEqual(new Map());
    },
  );
});

describe('thresholds', () => {
  it("are conjurer.yaml's over the manifest's over the defaults", () => {
    const usual = thresholdsOf(null, {});
    expect(usual).toMatchObject({ cpu: 2, memoryMiB: 1700, diskGiB: 20, kernel: '4.15', rawVolumeGiB: null });
    const image = { cpu: 4, memoryMiB: 8192, kernel: undefined };
    expect(thresholdsOf(image, { cpu: undefined, memoryMiB: 2048 })).toEqual({ ...usual, cpu: 4, memoryMiB: 2048 });
  });
});
