import type { RequestRecord } from '../controller/request-log.ts';

/** What the Controller has of a machine's way: each call that moved it on, with the seconds since it was discovered. */
export function recordOf(records: readonly RequestRecord[]): string {
  const steps: readonly (readonly [string, (record: RequestRecord) => boolean])[] = [
    ['discovered', ({ method, path }) => method === 'POST' && path.endsWith('/registrations')],
    ['approved, certificate fetched', ({ path, status }) => /registrations.*certificate/.test(path) && status === 200],
    ['activated', ({ path, status }) => path.endsWith('/activation') && status === 200],
    ['configuration fetched', ({ path, status }) => /\/config(\?|$)/.test(path) && status === 200],
    ['identity of the operator issued', ({ path }) => path.endsWith('/operator/certificate')],
    ['first heartbeat of the operator', ({ path }) => path.endsWith('/heartbeat')],
    ['hand-off reported, not yet managed', ({ path, status }) => path.endsWith('/handoff') && status === 202],
    ['ready', ({ path, status }) => path.endsWith('/handoff') && status === 200],
  ];
  const began = Date.parse(records.find(record => steps[0]?.[1](record))?.at ?? '');
  return steps
    .flatMap(([step, fits]) => {
      const record = records.find(fits);
      return record === undefined ? [] : [{ step, record, seconds: (Date.parse(record.at) - began) / 1000 }];
    })
    .sort((a, b) => a.seconds - b.seconds)
    .map(({ step, record, seconds }) => {
      const path = record.path.replace(/\?.*/, '').replace('/conjurer/v1', '');
      return `${seconds.toFixed(1).padStart(7)} s  ${step.padEnd(36)} ${record.method} ${path} ${record.status}`;
    })
    .join('\n');
}
