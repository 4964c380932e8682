import type { Citation, ReportFinding } from '../model.ts';
import { actors } from '../verdict.ts';
import { html, type Markup } from './markup.ts';

/** The findings as cards; each line of evidence says where in the bundle it stands. */
export function findingCards(findings: readonly ReportFinding[], paths: ReadonlySet<string>): Markup {
  if (findings.length === 0) {
    return html`<p>No rule found a known pattern in what was collected. The checks and what is missing say more.</p>`;
  }
  const titles = new Map(findings.map(({ id, title }) => [id, title]));
  return html`${findings.map(finding => card(finding, paths, titles))}`;
}

function card(finding: ReportFinding, paths: ReadonlySet<string>, titles: ReadonlyMap<string, string>): Markup {
  const { id, weight, title, why, who, next, explainedBy, evidence } = finding;
  const [reason] = explainedBy;
  return html`
<article class="card finding" id="finding-${id}">
<h3><span class="badge ${badges[weight]}">${words[weight]}</span>${capital(title)}</h3>
<p>${why}</p>
${reason === undefined ? null : html`<p class="soft">Likely because <a href="#finding-${reason}">${titles.get(reason) ?? reason}</a>.</p>`}
<p><span class="soft">Next, by ${actors[who]}:</span> <code>${next}</code></p>
${evidenceList(evidence.slice(0, shown), paths)}
${evidence.length <= shown ? null : html`<details><summary>${evidence.length - shown} more</summary>${evidenceList(evidence.slice(shown), paths)}</details>`}
</article>`;
}

const shown = 2;

function evidenceList(evidence: readonly Citation[], paths: ReadonlySet<string>): Markup {
  return html`<ul class="evidence">${evidence.map(one => html`<li>${place(one, paths)}<pre>${one.text}</pre></li>`)}</ul>`;
}

function place({ path, line, count }: Citation, paths: ReadonlySet<string>): Markup {
  const where = line === null ? path : `${path}:${line}`;
  const more =
    count > 1
      ? html` <span class="soft small">and ${count - 1} more ${count === 2 ? 'line' : 'lines'} of it</span>`
      : null;
  return html`<span class="mono">${paths.has(path) ? html`<a href="${besideReport(path)}">${where}</a>` : where}</span>${more}`;
}

/** Of a path inside the bundle, where it lies unpacked: never a scheme, never outside. */
function besideReport(path: string): string {
  return `./${path
    .split('/')
    .filter(part => part !== '' && part !== '.' && part !== '..')
    .map(encodeURIComponent)
    .join('/')}`;
}

export function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

const badges = { cause: 'bad', sign: 'warn', note: 'info' } as const;
const words = { cause: 'cause', sign: 'sign', note: 'note' } as const;
