import type { Lane, Span, Timeline } from '../model.ts';
import { duration, timeOfDay } from '../time-text.ts';
import { makeScale, type Scale } from '../timeline/scale.ts';
import { laneText } from '../timeline/timeline.ts';
import { html, type Markup } from './markup.ts';

const rowHeight = 42;
const bar = { top: 22, height: 12 };
const axisHeight = 26;

/**
 * The timeline as a picture whose widths are percentages, so that its text keeps its size on a phone. Words that say the
 * same stand beside it.
 */
export function chart(timeline: Timeline): Markup {
  const scale = makeScale(timeline);
  const bottom = timeline.lanes.length * rowHeight;
  return html`
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

function row({ name, spans, marks }: Lane, top: number, scale: Scale): Markup {
  const middle = top + bar.top + bar.height / 2;
  return html`
<g>
<text x="0" y="${top + 15}">${name}</text>
<rect class="track" x="0" width="100%" y="${top + bar.top}" height="${bar.height}"/>
${spans.map(span => box(span, top, scale))}
${marks.map(({ at, kind, label, times }) => {
  const x = percent(scale.at(Date.parse(at)));
  const what = `${timeOfDay(at)} ${label}${times > 1 ? `, ${times} times` : ''}`;
  return kind === 'retry'
    ? html`<line class="retry" x1="${x}" x2="${x}" y1="${middle - 9}" y2="${middle + 9}"><title>${what}</title></line>`
    : html`<svg x="${x}" y="${middle}" width="1" height="1" overflow="visible"><path class="failure" d="M-6-6 6 6M-6 6 6-6"/><title>${what}</title></svg>`;
})}
</g>`;
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
  const gaps = scale.gaps.map(gap => {
    const middle = (gap.from + gap.to) / 2;
    const isFree = middle > 18 && middle < 82;
    return isFree
      ? html`<text class="axis" x="${percent(middle)}" y="${top + 17}" text-anchor="middle">${duration(gap.ms)}</text>`
      : null;
  });
  return html`
<line class="rule" x1="0" x2="100%" y1="${top}" y2="${top}"/>
<text class="axis" x="0" y="${top + 17}">${timeOfDay(from)}</text>
${gaps}
<text class="axis" x="100%" y="${top + 17}" text-anchor="end">${timeOfDay(to)} UTC</text>`;
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
