import type { BuiltBinary } from './binary.ts';
import type { Stamp } from './stamp.ts';

/** The table that the build ends with. */
export function describeBuild(stamp: Stamp, binaries: readonly BuiltBinary[], packages: number): string {
  const rows = [
    ['file', 'MB', 'sha256', 'needs at most', ''],
    ...binaries.map(b => [
      `dist/${b.file}`,
      (b.bytes / 1e6).toFixed(1),
      b.sha256,
      Object.entries(b.proof)
        .map(([family, version]) => `${family} ${version}`)
        .join(', '),
      b.unchanged ? 'unchanged' : '',
    ]),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0))) ?? [];
  const table = rows.map(row =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const head = `conjurer ${stamp.version} (${stamp.commit}, ${stamp.builtAt ?? 'time unknown'}), ${packages} packages bundled`;
  return `${[head, ...table].join('\n')}\n`;
}
