import type { Lane, Mark, Span, Timeline } from '../model.ts';
import { duration, timeOfDay } from '../time-text.ts';
import { makeScale, type Scale } from '../timeline/scale.ts';
import { laneText } from '../timeline/timeline.ts';
import { html, type Markup } from './markup.ts';

const rowHeight = 42;
const bar = { top: 22, height: 12 };
const axisHeight = 44;

/**
 * The timeline as a picture whose widths are percentages, so that its text keeps its size on a phone. Words that say the
 * same stand beside it.
 */
export function chart(timeline: Timeline): Markup {
  const scale = makeScale(timeline);
  const bottom = timeline.lanes.length * rowHeight;
  return html`
<p class="soft small">Boot, earlier attempts, and the last attempt stage by stage. Times are UTC.</p>
<div class="chart">
<svg role="img" aria-labelledby="chart-title" aria-describedby="chart-words" height="${bottom + axisHeight}">
<title id="chart-title">Boot, attempts and stages from ${timeOfDay(timeline.from)} to ${timeOfDay(timeline.to)} UTC</title>
${scale.gaps.map(gap => html`<rect class="gap" x="${percent(gap.from)}" width="${percent(gap.to - gap.from)}" y="0" height="${bottom}"/>`)}
${timeline.lanes.map((lane, index) => row(lane, index * rowHeight, scale))}
${axis(timeline, scale, bottom)}
</svg>
${legend()}
<details id="chart-words"><summary>The same in words</summary>
<ul>${timeline.lanes.map(lane => html`<li><strong>${lane.name}</strong>${from(lane)}: ${laneText(lane)}</li>`)}</ul>
</details>
</div>`;
}

function row(lane: Lane, top: number, scale: Scale): Markup {
  const { name, spans, marks } = lane;
  const middle = top + bar.top + bar.height / 2;
  return html`
<g>
<text x="0" y="${top + 15}">${name}</text>
<text class="told" x="100%" y="${top + 15}" text-anchor="end">${short(lane)}</text>
<rect class="track" x="0" width="100%" y="${top + bar.top}" height="${bar.height}"/>
${spans.map(span => box(span, top, scale))}
${marks.map(mark => sign(mark, middle, scale))}
</g>`;
}

/** A failure lies across the bar and stands out above and below it. */
function sign({ at, kind, label, times }: Mark, middle: number, scale: Scale): Markup {
  const x = scale.at(Date.parse(at));
  const what = `${timeOfDay(at)} ${label}${times > 1 ? `, ${times} times` : ''}`;
  if (kind === 'retry') {
    return html`<line class="retry" x1="${percent(x)}" x2="${percent(x)}" y1="${middle - 9}" y2="${middle + 9}"><title>${what}</title></line>`;
  }
  return html`<svg x="${percent(x)}" y="${middle}" width="1" height="1" overflow="visible"><title>${what}</title><circle class="ground" r="9"/><path class="failure" d="M-5-5 5 5M-5 5 5-5"/></svg>`;
}

/** What a lane comes to, in the few words that have room on a phone. */
function short({ spans, marks }: Lane): string {
  const [first, last] = [spans[0], spans.at(-1)];
  if (first === undefined || last === undefined) return '';
  const retries = marks.reduce((sum, { kind, times }) => sum + (kind === 'retry' ? times : 0), 0);
  const told = retries === 0 ? '' : `, ${retries} ${retries === 1 ? 'retry' : 'retries'}`;
  const state = last.state === 'boot' || last.state === 'done' ? '' : `${last.state}, `;
  return `${state}${duration(Date.parse(last.to) - Date.parse(first.from))}${told}`;
}

function box({ from, to, state, label }: Span, top: number, scale: Scale): Markup {
  const x = scale.at(Date.parse(from));
  const width = Math.max(0.6, scale.at(Date.parse(to)) - x);
  const what = `${label}: ${timeOfDay(from)} to ${timeOfDay(to)}, ${duration(Date.parse(to) - Date.parse(from))}`;
  const edge = html`<rect class="edge" x="${percent(x)}" width="1" y="${top + bar.top}" height="${bar.height}"/>`;
  return html`<rect class="${fills[state]}" x="${percent(Math.min(x, 99.4))}" width="${percent(Math.min(width, 100 - Math.min(x, 99.4)))}" y="${top + bar.top}" height="${bar.height}"><title>${what}</title></rect>${edge}`;
}

/** Begin and end, and how long each gap is: between them the scale is not even. */
function axis({ from, to }: Timeline, scale: Scale, top: number): Markup {
  const gaps = gapLabels(scale).map(
    ({ at, ms }) =>
      html`<text class="axis" x="${percent(at)}" y="${top + 36}" text-anchor="middle">⇿ ${duration(ms)}</text>`,
  );
  return html`
<line class="rule" x1="0" x2="100%" y1="${top}" y2="${top}"/>
<text class="axis" x="0" y="${top + 17}">${timeOfDay(from)}</text>
${gaps}
<text class="axis" x="100%" y="${top + 17}" text-anchor="end">${timeOfDay(to)} UTC</text>`;
}

/** Gaps side by side are one; where two labels would lie over each other only the first is written. */
function gapLabels(scale: Scale): { readonly at: number; readonly ms: number }[] {
  const labels: Scale['gaps'][number][] = [];
  for (const gap of scale.gaps) {
    const before = labels.at(-1);
    const distance = before === undefined ? 100 : gap.from - before.to;
    if (before !== undefined && distance < 0.01) {
      labels[labels.length - 1] = { from: before.from, to: gap.to, ms: before.ms + gap.ms };
    } else if (distance > 16) labels.push(gap);
  }
  return labels.map(({ from, to, ms }) => ({ at: Math.min(90, Math.max(10, (from + to) / 2)), ms }));
}

function legend(): Markup {
  const box = (fill: string, text: string) =>
    html`<li><svg width="22" height="12" aria-hidden="true"><rect class="${fill}" width="22" height="12"/></svg>${text}</li>`;
  return html`<ul class="legend">
${box('done', 'done')}${box('failed-bar', 'failed')}${box('waiting-bar', 'waiting')}${box('running-bar', 'boot, or under way')}${box('interrupted', 'interrupted')}
<li><svg width="22" height="14" aria-hidden="true"><line class="retry" x1="11" x2="11" y1="0" y2="14"/></svg>retry</li>
<li><svg width="22" height="14" aria-hidden="true"><path class="failure" d="M5 1 17 13M5 13 17 1"/></svg>failure</li>
<li><svg width="22" height="14" aria-hidden="true"><rect class="gap" width="22" height="14"/></svg>quiet time, shortened</li>
</ul>`;
}

function from({ spans }: Lane): string {
  const [first] = spans;
  return first === undefined ? '' : ` from ${timeOfDay(first.from)}`;
}

const fills: Readonly<Record<Span['state'], string>> = {
  boot: 'boot',
  done: 'done',
  failed: 'failed-bar',
  waiting: 'waiting-bar',
  running: 'running-bar',
  interrupted: 'interrupted',
};

function percent(value: number): string {
  return `${Number(value.toFixed(2))}%`;
}
