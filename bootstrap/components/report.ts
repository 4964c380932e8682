import { AgentError } from '../errors.ts';
import { type Depth, type Finding, isFailure } from './finding.ts';
import type { Manifest } from './manifest.ts';

/** What `conjurer validate --json` prints. */
export interface ValidationReport {
  readonly schema: 'conjurer.validate/v1';
  /** When it began, RFC 3339. */
  readonly at: string;
  readonly depth: Depth;
  readonly verdict: 'ok' | 'failed';
  readonly manifest: Pick<Manifest, 'image' | 'version' | 'buildId' | 'builtAt'> & {
    /** SHA-256 over the public key that signed it. */
    readonly keyId: string;
    readonly sha256: string;
  };
  /** In the manifest's order; of each component at least one. */
  readonly findings: readonly Finding[];
  /** What `--repair` did before these findings were made. */
  readonly repaired: readonly Repaired[];
  /** Bytes that were read to hash them. */
  readonly readBytes: number;
  readonly durationMs: number;
}

/** `problem`: why the change could not be made; null: it was. */
export interface Repaired {
  readonly change: string;
  readonly problem: string | null;
}

/** Throws E_COMPONENTS, which names what is wrong and how it is mended, where the report says `failed`. */
export function requireOk({ findings, verdict }: Pick<ValidationReport, 'findings' | 'verdict'>): void {
  const failures = findings.filter(isFailure);
  const [first] = failures;
  if (verdict === 'ok' || first === undefined) return;
  const named = failures.map(({ component, problem }) => `${component} (${problem})`);
  const wrong = new Set(failures.map(({ component }) => component)).size;
  const shown = named.length > 5 ? `${named.slice(0, 5).join(', ')} and ${named.length - 5} more` : named.join(', ');
  throw new AgentError(
    'E_COMPONENTS',
    `${wrong} ${wrong === 1 ? 'component does' : 'components do'} not match: ${shown}`,
    {
      ...(first.observed === null ? {} : { seen: `${first.component}: ${first.observed}` }),
      ...(first.expected === null ? {} : { wanted: first.expected }),
      next: repairOf(failures, first),
      data: { failed: failures.length, findings: named.join('; ').slice(0, 2000) },
    },
  );
}

function repairOf(failures: readonly Finding[], first: Finding): string {
  if (failures.every(({ repairable }) => repairable)) return 'conjurer validate --repair, then: conjurer run';
  if (failures.some(({ repairable }) => repairable)) {
    return 'conjurer validate --repair mends a part; conjurer validate lists the rest with its fixes; then: conjurer run';
  }
  return `${first.fix ?? 'conjurer validate'}; then: conjurer validate && conjurer run`;
}
