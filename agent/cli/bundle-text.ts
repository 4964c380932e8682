import type { BundleResult } from '../agent.ts';
import { sourceText } from '../diagnostics/bundle/collect.ts';
import type { Collector } from '../diagnostics/bundle/collector.ts';
import { defaultLimitBytes, defaultLimitMs } from '../diagnostics/bundle/collector.ts';
import type { BundleEntry, Outcome } from '../diagnostics/bundle/entry.ts';
import type { Renderer, VersionedObject } from './render.ts';
import type { Style } from './style.ts';

const lacking: readonly Outcome[] = ['failed', 'timed-out', 'withheld'];
const mostShown = 12;

/** What a person is told of a bundle that was made. */
export function bundleText(result: BundleResult, style: Style): string {
  const { entries, encrypted, signed, path, uploadedAs, problem } = result;
  const count = (outcome: Outcome) => entries.filter(entry => entry.outcome === outcome).length;
  const missing = entries.filter(({ outcome }) => lacking.includes(outcome));
  const how = `${encrypted ? 'encrypted' : style.warning('NOT ENCRYPTED')}, ${signed ? 'signed' : 'not signed'}`;
  const lines = [
    ...(path === null ? [] : [`${path}`]),
    `${mebibytes(result.bytes)} MiB, ${how}`,
    `${count('ok')} collected, ${count('not-applicable')} not on this machine, ${missing.length} could not be collected`,
    ...missing.slice(0, mostShown).map(({ path: name, outcome, reason }) => `  ${outcome}  ${name}: ${reason ?? ''}`),
    ...(missing.length > mostShown ? [`  and ${missing.length - mostShown} more, in its manifest.json`] : []),
    ...(problem === null ? [] : [`it could not be written here: ${problem}`]),
    ...(uploadedAs === null ? [] : [`sent to the Controller as ${uploadedAs}`]),
  ];
  return lines.join('\n');
}

export function bundleObject({ entries, ...result }: BundleResult): VersionedObject {
  const missing = entries.filter(({ outcome }) => lacking.includes(outcome));
  return {
    schema: 'conjurer.bundle-result/v1',
    ...result,
    collected: entries.filter(({ outcome }) => outcome === 'ok').length,
    missing: missing.map(({ path, source, outcome, reason }) => ({ path, source, outcome, reason })),
  };
}

export function previewText(collectors: readonly Collector[]): string {
  const rows = collectors.map(
    collector => `${collector.group.padEnd(13)} ${collector.to}\n${' '.repeat(14)}${sourceText(collector)}`,
  );
  return rows.join('\n');
}

export function previewObject(collectors: readonly Collector[]): VersionedObject {
  return {
    schema: 'conjurer.bundle-preview/v1',
    collectors: collectors.map(collector => ({
      id: collector.id,
      group: collector.group,
      path: collector.to,
      source: sourceText(collector),
      limitMs: collector.limitMs ?? defaultLimitMs,
      limitBytes: collector.limitBytes ?? defaultLimitBytes,
    })),
  };
}

/** One line that counts, on a terminal only. */
export function bundleProgress(render: Renderer, total: number, silent: boolean) {
  const shows = render.terminal && !silent;
  const seen = new Set<string>();
  return {
    entry({ collector, path }: BundleEntry) {
      seen.add(collector);
      if (shows) render.raw(`\r\u001B[K${seen.size} of ${total}  ${render.clean(path).slice(0, 60)}`);
    },
    end() {
      if (shows) render.raw('\r\u001B[K');
    },
  };
}

function mebibytes(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(1);
}
