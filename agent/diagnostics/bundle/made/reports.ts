import type { Make } from '../collector.ts';

export const preflightText: Make = async ({ reports, signal }) => json(await reports.preflight(signal));

export const validationText: Make = async ({ reports, signal }) => {
  const report = await reports.validate(signal);
  return report === null ? null : json(report);
};

export const factsText: Make = async ({ reports, signal }) => json(await reports.facts(signal));

export const statusText: Make = async ({ reports }) => json(await reports.status());

/** Settings that hold nothing secret by what they are; of any other only where it came from. */
const shown =
  /^(?:edgeName|passphraseFile|credentialsFile|enrolment|network|firewall|preflight|bundle|log)(?:\.|$)|^proxy\.(?:noProxy|caFile)$/;

/** The configuration in force, by an allow-list: a setting that is new is not shown before somebody has thought of it. */
export const settingsText: Make = async ({ reports: { settings, configProblem } }) =>
  json({
    problem: configProblem,
    settings: Object.fromEntries(
      settings.map(({ key, value, from }) => [
        key,
        shown.test(key) ? { value, from } : { isSet: !isEmpty(value), from },
      ]),
    ),
  });

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
