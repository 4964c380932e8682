import { isFailure } from '../../../bootstrap/components/finding.ts';
import type { Attempt } from '../flight-recorder/recording.ts';
import type { ReportInput } from './input.ts';
import type { Citation } from './model.ts';
import type { Clue } from './rules/rule.ts';

/** What the agent itself says, as clues ask for it: checks, errors, components. */
export interface AgentFacts {
  found(clue: Clue): Promise<readonly Citation[]>;
}

const places = {
  preflight: 'conjurer/preflight.json',
  validation: 'conjurer/validate.json',
  status: 'conjurer/status.json',
  recording: 'conjurer/flight-recorder/run.json',
} as const;

export function createAgentFacts(input: ReportInput): AgentFacts {
  const errors = errorsInForce(input);
  const cite = createCiter(input);
  return {
    async found(clue) {
      switch (clue.kind) {
        case 'check': {
          const bad = clue.fails === true ? ['fail'] : ['fail', 'warn'];
          const checks = input.preflight?.checks.filter(
            ({ id, status }) => bad.includes(status) && clue.ids.some(wanted => wanted === id),
          );
          return Promise.all(
            (checks ?? []).map(({ id, status, observed, required }) =>
              cite(
                places.preflight,
                id,
                `${id} ${status}: ${observed ?? ''}${required === null ? '' : ` (required: ${required})`}`,
              ),
            ),
          );
        }
        case 'error': {
          const fitting = errors.filter(({ code }) => clue.codes.some(wanted => wanted === code));
          return Promise.all(fitting.map(({ place, code, text }) => cite(place, code, text)));
        }
        case 'component': {
          const wrong = input.validation?.findings.filter(
            finding =>
              isFailure(finding) &&
              (clue.problem?.test(finding.problem) ?? true) &&
              (clue.component?.test(finding.component) ?? true),
          );
          return Promise.all(
            (wrong ?? [])
              .slice(0, 3)
              .map(({ component, problem, observed, expected }) =>
                cite(places.validation, component, `${component}: ${problem}${seenAndWanted(observed, expected)}`),
              ),
          );
        }
        default:
          return [];
      }
    },
  };
}

interface ErrorInForce {
  readonly code: string;
  readonly text: string;
  readonly place: string;
}

/** What a machine that is handed off got over is no reason for anything any more. */
function errorsInForce({ status, recordings }: ReportInput): ErrorInForce[] {
  if (status?.state === 'handed-off') return [];
  const { run } = recordings;
  const last = status?.lastError;
  const newest = run === null || run.settledAt !== null ? null : (run.recent.at(-1) ?? run.first);
  const all = [
    ...(last == null ? [] : [{ code: last.code, text: errorText(last), place: places.status }]),
    ...[run?.open, newest].flatMap(attempt => (attempt == null ? [] : codesOf(attempt))),
  ];
  return all.filter(({ code }, at) => all.findIndex(other => other.code === code) === at);
}

function codesOf({ error, retries, waits }: Attempt): ErrorInForce[] {
  const place = places.recording;
  return [
    ...(error === null ? [] : [{ code: error.code, text: errorText(error), place }]),
    ...retries.map(({ code, call, times }) => ({ code, text: `${code}: ${call}, ${times} times`, place })),
    ...waits.flatMap(({ code, what }) => (code === null ? [] : [{ code, text: `${code}: waits for ${what}`, place }])),
  ];
}

function errorText({
  code,
  message,
  seen,
  wanted,
}: {
  code: string;
  message: string;
  seen: string | null;
  wanted: string | null;
}) {
  return `${code}: ${message}${seenAndWanted(seen, wanted)}`;
}

function seenAndWanted(seen: string | null, wanted: string | null): string {
  return `${seen === null ? '' : `; seen: ${seen}`}${wanted === null ? '' : `; wanted: ${wanted}`}`;
}

/** Finds the line of a document of the bundle that names this value. Where the bundle lacks it, the report itself has it. */
function createCiter({ entries, read }: ReportInput) {
  const texts = new Map<string, Promise<string | null>>();
  return async (path: string, value: string, text: string): Promise<Citation> => {
    if (!entries.some(entry => entry.path === path && entry.bytes > 0)) {
      return { path: 'report.json', line: null, text, count: 1 };
    }
    const document = texts.get(path) ?? read(path);
    texts.set(path, document);
    const lines = (await document)?.split('\n') ?? [];
    const at = lines.findIndex(line => line.includes(JSON.stringify(value)));
    return { path, line: at === -1 ? null : at + 1, text, count: 1 };
  };
}
