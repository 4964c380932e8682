import { describe, expect, test } from 'vitest';
import { recordPreflight, recordValidation } from '../../../../../agent/diagnostics/flight-recorder/record-checks.ts';
import { readRecordings } from '../../../../../agent/diagnostics/flight-recorder/recording-file.ts';
import { AgentError } from '../../../../../bootstrap/errors.ts';
import { localHost } from '../../../../../bootstrap/host/local-host.ts';
import type { PreflightReport } from '../../../../../bootstrap/preflight/check.ts';
import { failedBoot } from '../../../../support/failed-boot.ts';
import { temporaryTree } from '../../../../support/temporary-tree.ts';

const failed = failedBoot().preflight as PreflightReport;
const passed: PreflightReport = { ...failed, verdict: 'pass', checks: [] };
const validation = failedBoot().validation;
if (validation === null) throw new Error('the sample has a validation');

async function recorder() {
  const { files } = localHost({ root: await temporaryTree() });
  const problems: unknown[] = [];
  const parts = {
    files,
    now: () => new Date('2026-11-22T09:00:00Z'),
    version: '1.2.3',
    redact: (value: unknown) => value,
    onError: (error: unknown) => problems.push(error),
  };
  return { parts, problems, recordings: () => readRecordings(files) };
}

describe('a preflight', () => {
  test('that fails is kept by its checks that did not pass, those that failed first', async () => {
    const { parts, recordings } = await recorder();
    await recordPreflight(failed, parts);
    const { preflight, run, validate } = await recordings();
    expect({ run, validate }).toEqual({ run: null, validate: null });
    expect(preflight?.first).toMatchObject({ command: 'preflight', startedAt: failed.at, version: '1.2.3' });
    expect(preflight?.first?.checks.map(({ id, status }) => `${id} ${status}`)).toEqual([
      'root-free fail',
      'sandbox-image fail',
      'memory warn',
      'fsync error',
    ]);
  });

  test('that passes leaves nothing, and after one that failed says since when', async () => {
    const { parts, recordings } = await recorder();
    await recordPreflight(passed, parts);
    expect((await recordings()).preflight).toBeNull();
    await recordPreflight(failed, parts);
    await recordPreflight(passed, parts);
    expect((await recordings()).preflight).toMatchObject({ settledAt: '2026-11-22T09:00:00.000Z', first: {} });
    await recordPreflight({ ...failed, checks: failed.checks.slice(0, 2) }, parts);
    const again = (await recordings()).preflight;
    expect(again).toMatchObject({ settledAt: null, recent: [] });
    expect(again?.first?.checks).toHaveLength(1);
  });
});

test('a validation that fails is kept by the components that are wrong, and counted when nothing changes', async () => {
  const { parts, recordings } = await recorder();
  for (let again = 0; again < 3; again += 1) await recordValidation(validation, parts);
  const { validate } = await recordings();
  expect(validate?.first?.findings.map(({ component }) => component)).toEqual(['pause', 'coredns']);
  expect(validate?.recent).toMatchObject([{ times: 2 }]);
});

test('what cannot be recorded fails no check', async () => {
  const { parts, problems } = await recorder();
  const files = {
    ...parts.files,
    write: () => Promise.reject(new AgentError('E_HOST_FILE', 'the file system is full')),
  };
  await recordPreflight(failed, { ...parts, files });
  await recordValidation(validation, { ...parts, files });
  expect(problems).toHaveLength(2);
});
