import { createHash } from 'node:crypto';
import type { Host } from '../../../bootstrap/host/host.ts';
import type { Redactor } from '../redaction/redactor.ts';
import { Withheld } from '../redaction/redactor.ts';
import { requireClean } from './clean.ts';
import type { Collector } from './collector.ts';
import type { BundleEntry } from './entry.ts';
import { gather } from './gather.ts';
import type { AgentReports } from './make-context.ts';
import { type BundleManifest, manifestName, type Signer, signManifest, type UnsignedManifest } from './manifest.ts';
import { probeApi } from './probe-api.ts';
import { bundleReport, type RememberedReports, type ReportFacts, remember, reportNames } from './report.ts';
import { createStage, type Stage } from './stage.ts';
import { tarEnd, tarMember } from './tar-member.ts';

export interface BundleOptions {
  readonly host: Host;
  readonly collectors: readonly Collector[];
  readonly reports: AgentReports;
  readonly redactor: Redactor;
  /** The one top folder in the archive. */
  readonly folder: string;
  readonly facts: ReportFacts;
  /** Everything of the manifest but its entries. */
  readonly about: Omit<UnsignedManifest, 'entries' | 'schema'>;
  readonly signer: Signer | null;
  readonly since: Date | null;
  readonly budget: { readonly bytes: number; readonly seconds: number };
  readonly signal: AbortSignal;
  onEntry(entry: BundleEntry): void;
}

export interface Bundle {
  readonly manifest: BundleManifest;
  /** The .tar.gz from its first byte on, each time it is asked for: small, since it lies in memory. */
  bytes(): AsyncIterable<Buffer>;
}

/**
 * Collects, redacts and packs. Holds no lock and writes nothing: what is ready lies packed in memory. Throws the signal's
 * reason, and Withheld where not even the list of the entries can be shipped.
 */
export async function makeBundle(options: BundleOptions): Promise<Bundle> {
  const { host, redactor, folder, signal } = options;
  const outOfTime = AbortSignal.timeout(options.budget.seconds * 1000);
  const stage = createStage({ folder, budgetBytes: options.budget.bytes });
  const reports = remember(options.reports);
  const context = {
    host,
    reports,
    since: options.since,
    signal: AbortSignal.any([signal, outOfTime]),
    // Before anything else competes with it for the processors.
    apiAnswers: await probeApi(host, signal),
  };
  await gather(options.collectors, context, { redactor, stage, onEntry: options.onEntry });
  signal.throwIfAborted();
  const first = await reportMembers(options, stage, reports);
  const entries = [...first.entries, ...stage.entries()];
  const unsigned = { schema: 'conjurer.bundle/v1' as const, ...options.about, entries };
  const manifest = signManifest(unsigned, options.signer);
  const text = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
  await requireClean(text, redactor);
  const last = [await tarMember(`${folder}/${manifestName}`, text), await tarEnd()];
  return {
    manifest,
    async *bytes() {
      yield* first.members;
      yield* stage.members();
      yield* last;
    },
  };
}

/**
 * The three forms of the report. One that the last scan does not pass, and all where they could not be made, are left out
 * by name: the evidence still goes.
 */
async function reportMembers(
  { facts, redactor, folder, host }: BundleOptions,
  stage: Stage,
  reports: RememberedReports,
): Promise<{ entries: BundleEntry[]; members: Buffer[] }> {
  const startMs = host.clock.monotonicMs();
  const made = await bundleReport({
    facts,
    reports,
    redactor,
    entries: stage.entries(),
    read: stage.read,
    isTelling: stage.isTelling,
  }).catch((error: unknown) =>
    redactor.redact(`it could not be made: ${error instanceof Error ? error.message : 'no reason'}`),
  );
  const ms = Math.round(host.clock.monotonicMs() - startMs);
  const entries: BundleEntry[] = [];
  const members: Buffer[] = [];
  for (const path of reportNames) {
    const content = typeof made === 'string' ? null : Buffer.from(made[path]);
    const problem = content === null ? null : await requireClean(content, redactor).then(() => null, reasonOf);
    const isIn = content !== null && problem === null;
    if (isIn) members.push(await tarMember(`${folder}/${path}`, content));
    entries.push({
      path,
      group: 'report',
      collector: 'report',
      source: 'conjurer',
      outcome: isIn ? 'ok' : content === null ? 'failed' : 'withheld',
      exitStatus: null,
      ms,
      bytes: isIn ? content.length : 0,
      truncated: false,
      redactions: {},
      sha256: isIn ? createHash('sha256').update(content).digest('hex') : null,
      reason: typeof made === 'string' ? made : problem,
    });
  }
  return { entries, members };
}

function reasonOf(error: unknown): string {
  return error instanceof Withheld ? error.reason : 'it could not be scanned';
}
