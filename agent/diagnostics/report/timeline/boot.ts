import type { Span } from '../model.ts';
import type { Reader } from '../search.ts';

export interface BootReader extends Reader {
  /** What the kernel, systemd and cloud-init did with this boot, in the order in which they began; [] where nobody says. */
  spans(bootedAt: Date | null): { readonly name: string; readonly spans: readonly Span[] }[];
}

interface CloudInitLine {
  readonly stage: string;
  readonly upSeconds: number;
  readonly at: number;
}

/** Reads how long this boot took, from the journal and from what cloud-init prints at the beginning of each stage. */
export function createBootReader(): BootReader {
  let startup: readonly { name: string; seconds: number }[] = [];
  let cloudInit: CloudInitLine[] = [];
  return {
    wants: path => path === 'journals/all.log' || path === 'cloud-init/cloud-init-output.log',
    take(path, text) {
      if (path === 'journals/all.log') startup = startupOf(text) ?? startup;
      else cloudInit = cloudInitOf(text);
    },
    spans(bootedAt) {
      const lanes = [];
      if (bootedAt !== null && startup.length > 0) lanes.push({ name: 'boot', spans: inARow(bootedAt, startup) });
      const ofThisBoot = cloudInit.filter(({ at }) => bootedAt === null || at >= bootedAt.getTime() - 5000);
      if (ofThisBoot.length > 1) lanes.push({ name: 'cloud-init', spans: stagesOf(ofThisBoot, bootedAt) });
      return lanes;
    },
  };
}

/** "Startup finished in 3.1s (kernel) + 4.2s (initrd) + 1min 20.5s (userspace) = 1min 27.9s." */
function startupOf(text: string): { name: string; seconds: number }[] | null {
  const at = text.lastIndexOf('systemd[1]: Startup finished in ');
  if (at === -1) return null;
  const said =
    text
      .slice(at, at + 400)
      .split('\n')[0]
      ?.split('=')[0] ?? '';
  const parts = [...said.matchAll(/((?:\d+min )?[\d.]+m?s) \((\w+)\)/g)];
  return parts.map(([, time = '', name = '']) => ({ name, seconds: secondsOf(time) }));
}

function secondsOf(time: string): number {
  const [, minutes = '0', number = '0', unit] = /^(?:(\d+)min )?([\d.]+)(m?s)$/.exec(time) ?? [];
  return Number(minutes) * 60 + Number(number) / (unit === 'ms' ? 1000 : 1);
}

function inARow(start: Date, parts: readonly { name: string; seconds: number }[]): Span[] {
  let from = start.getTime();
  return parts.map(({ name, seconds }) => {
    const to = from + seconds * 1000;
    const span: Span = { from: iso(from), to: iso(to), state: 'boot', label: name };
    from = to;
    return span;
  });
}

/** "Cloud-init v. 23.1.2 running 'init' at Sun, 22 Nov 2026 08:00:12 +0000. Up 11.52 seconds." */
function cloudInitOf(text: string): CloudInitLine[] {
  const lines = text.split('\n').filter(line => line.includes('Cloud-init v. '));
  return lines.flatMap(line => {
    const match =
      /Cloud-init v\. \S{1,40} (?:running '([\w:-]{1,40})'|(finished)) at ([^.]{10,50})\. .{0,200}?Up ([\d.]{1,12}) seconds/.exec(
        line,
      );
    const at = Date.parse(match?.[3] ?? '');
    if (match === null || Number.isNaN(at)) return [];
    return [{ stage: match[1] ?? 'finished', upSeconds: Number(match[4]), at }];
  });
}

function stagesOf(lines: readonly CloudInitLine[], bootedAt: Date | null): Span[] {
  // The clock may be set while cloud-init runs; how long the machine is up goes only forward.
  const start = bootedAt?.getTime() ?? (lines[0]?.at ?? 0) - (lines[0]?.upSeconds ?? 0) * 1000;
  return lines.slice(0, -1).map((line, index) => ({
    from: iso(start + line.upSeconds * 1000),
    to: iso(start + (lines[index + 1]?.upSeconds ?? line.upSeconds) * 1000),
    state: 'boot',
    label: line.stage,
  }));
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
