import { describe, expect, test } from 'vitest';
import type { ReportInput } from '../../../../../agent/diagnostics/report/input.ts';
import { ReportModel } from '../../../../../agent/diagnostics/report/model.ts';
import { makeReport } from '../../../../../agent/diagnostics/report/report.ts';
import { rules } from '../../../../../agent/diagnostics/report/rules/all.ts';
import { entry, failedBoot } from '../../../../support/failed-boot.ts';
import { type Found, samples } from './rule-samples.ts';

/** A machine of which nothing is known but this. */
function machine(files: Readonly<Record<string, string>>, told: Partial<ReportInput> = {}): ReportInput {
  return {
    edgeName: 'edge-1',
    madeAt: new Date('2026-11-22T09:00:00Z'),
    bootedAt: null,
    image: null,
    agentVersion: '0.1.0',
    preflight: null,
    validation: null,
    status: null,
    recordings: { run: null, preflight: null, validate: null },
    entries: Object.entries(files).map(([path, text]) => entry(path, { bytes: Buffer.byteLength(text) })),
    read: async path => files[path] ?? null,
    ...told,
  };
}

function machineWith(found: Found): ReportInput {
  const { preflight, validation, status } = failedBoot();
  if ('files' in found) return machine(found.files);
  if ('check' in found) {
    const check = {
      id: found.check,
      title: '',
      phase: 'host',
      status: 'fail',
      observed: 'so',
      required: null,
      why: '',
      fix: null,
      durationMs: 1,
    } as const;
    return machine({}, { preflight: preflight && { ...preflight, checks: [check] } });
  }
  if ('component' in found) {
    const findings = validation?.findings.map(one => ({ ...one, component: found.component })) ?? [];
    return machine({}, { validation: validation && { ...validation, findings } });
  }
  const lastError = status?.lastError ?? null;
  return machine({}, { status: status && { ...status, lastError: lastError && { ...lastError, code: found.error } } });
}

async function findingsOf(input: ReportInput): Promise<ReportModel['findings']> {
  return ReportModel.parse(JSON.parse((await makeReport(input)).json)).findings;
}

test('every rule has samples, and every sample a rule', () => {
  expect(Object.keys(samples).sort()).toEqual(rules.map(({ id }) => id).sort());
});

describe.each(rules.map(rule => [rule.id, rule] as const))('%s', (id, rule) => {
  const sample = samples[id];

  test.each(sample?.found ?? [])('is found from %j, and cites it', async found => {
    const finding = (await findingsOf(machineWith(found))).find(one => one.id === id);
    const cited = finding?.evidence.map(({ path, line }) => (line === null ? path : `${path}:${line}`));
    expect(cited).toContain('at' in found ? found.at : 'report.json');
  });

  test('names rules that there are as what it explains, and never itself over others', () => {
    const known = new Set(rules.map(one => one.id));
    expect((rule.explains ?? []).filter(one => !known.has(one))).toEqual([]);
    expect(reach(id, new Set())).not.toContain(id);
  });
});

const lookalikes = rules.flatMap(({ id }) => {
  const files = samples[id]?.passedOver;
  return files === undefined ? [] : [[id, files] as const];
});

test.each(lookalikes)('%s is not found from what only looks like it', async (id, files) => {
  const findings = await findingsOf(machine(files));
  expect(findings.map(finding => finding.id)).not.toContain(id);
});

/** Everything that follows from a rule, over any number of steps. */
function reach(id: string, seen: Set<string>): string[] {
  const next = rules.find(rule => rule.id === id)?.explains ?? [];
  return next.flatMap(one => (seen.has(one) ? [one] : [one, ...reach(one, seen.add(one))]));
}
