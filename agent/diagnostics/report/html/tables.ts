import type { CheckResult } from '../../../../bootstrap/preflight/check.ts';
import type { ContentEntry, ReportFailure, ReportModel } from '../model.ts';
import { dateAndTime } from '../time-text.ts';
import { html, type Markup } from './markup.ts';

/** The checks: first those that someone must look at, the others folded away. */
export function checkTables({ preflight }: ReportModel): Markup {
  if (preflight === null) return html`<p>No result of the preflight is in this bundle.</p>`;
  const withStatus = (...statuses: readonly CheckResult['status'][]) =>
    statuses.flatMap(status => preflight.checks.filter(check => check.status === status));
  const loud = withStatus('fail', 'warn');
  return html`
${loud.length === 0 ? html`<p>No check failed or warns.</p>` : checkTable('Checks that failed or warn', loud)}
${folded('could not tell', withStatus('error'))}
${folded('passed or do not apply here', withStatus('pass', 'skip'))}`;
}

function folded(what: string, checks: readonly CheckResult[]): Markup | null {
  if (checks.length === 0) return null;
  return html`<details><summary>${checks.length} checks that ${what}</summary>${checkTable(`Checks that ${what}`, checks)}</details>`;
}

function checkTable(caption: string, checks: readonly CheckResult[]): Markup {
  return html`
<table class="table"><caption class="soft small">${caption}</caption>
<thead><tr><th scope="col">Check</th><th scope="col">Status</th><th scope="col">Observed</th><th scope="col">Required</th><th scope="col">What to do</th></tr></thead>
<tbody>${checks.map(
    ({ id, title, status, observed, required, fix, waived }) => html`
<tr><th scope="row"><span class="mono">${id}</span><br><span class="soft small">${title}</span></th>
<td data-name="Status"><span class="badge ${badges[status]}">${words[status]}</span>${waived === undefined ? null : html`<br><span class="small">waived by ${waived.author} until ${waived.expires}: ${waived.reason}</span>`}</td>
<td data-name="Observed">${observed ?? '–'}</td><td data-name="Required">${required ?? '–'}</td><td data-name="What to do">${fix ?? '–'}</td></tr>`,
  )}</tbody></table>`;
}

const badges = { pass: 'good', warn: 'warn', fail: 'bad', skip: '', error: 'warn' } as const;
const words = { pass: 'pass', warn: 'warns', fail: 'failed', skip: 'skipped', error: 'could not tell' } as const;

export function componentTable({ validation }: ReportModel): Markup {
  if (validation === null) return html`<p>No comparison with the image's manifest is in this bundle.</p>`;
  const { wrong, compared, depth } = validation;
  if (wrong.length === 0) return html`<p>All ${compared} components are as the signed manifest says (${depth}).</p>`;
  return html`
<table class="table"><caption class="soft small">${wrong.length} findings on ${compared} components (${depth})</caption>
<thead><tr><th scope="col">Component</th><th scope="col">Problem</th><th scope="col">Observed</th><th scope="col">Expected</th><th scope="col">What to do</th></tr></thead>
<tbody>${wrong.map(
    ({ component, problem, observed, expected, fix }) => html`
<tr><th scope="row">${component}</th><td data-name="Problem"><span class="badge bad">${problem}</span></td>
<td data-name="Observed">${observed ?? '–'}</td><td data-name="Expected">${expected ?? '–'}</td><td data-name="What to do">${fix ?? '–'}</td></tr>`,
  )}</tbody></table>`;
}

/** What the flight recorder kept, the first failure first. */
export function failureCards(failures: readonly ReportFailure[]): Markup {
  if (failures.length === 0) return html`<p>The flight recorder holds no failed attempt.</p>`;
  return html`${failures.map(failureCard)}`;
}

function failureCard({ kind, first, beforeThisBoot, dropped, attempt }: ReportFailure): Markup {
  const { startedAt, times, stages, error, retries, waits, checks, findings, endedAt } = attempt;
  const where = stages.findLast(({ state }) => state !== 'done');
  return html`
<article class="card">
<h3>${kind}${where === undefined ? '' : ` in ${where.name}`} ${first ? html`<span class="badge bad">first failure</span>` : null} ${times > 1 ? html`<span class="badge">${times} times</span>` : null} ${beforeThisBoot === true ? html`<span class="badge info">before this boot</span>` : null}</h3>
<p class="soft small">${dateAndTime(startedAt)}${endedAt === null ? ', and never ended: it was cut off' : ` to ${dateAndTime(endedAt)}`}, conjurer ${attempt.version}</p>
${error === null ? null : html`<p><code>${error.code}</code> ${error.message}</p>${error.seen === null ? null : html`<pre>${error.seen}</pre>`}`}
<ul>${[
    ...retries.map(({ call, code, times: often }) => html`<li>${call}: ${code}, ${often} times</li>`),
    ...waits.map(({ what, code }) => html`<li>waited for ${what}${code === null ? '' : ` (${code})`}</li>`),
    ...checks.map(
      ({ id, status, observed }) => html`<li><span class="mono">${id}</span> ${status}: ${observed ?? ''}</li>`,
    ),
    ...findings.map(({ component, problem }) => html`<li>${component}: ${problem}</li>`),
  ]}</ul>
${dropped > 0 ? html`<p class="soft small">${dropped} other failures after this one were let go.</p>` : null}
</article>`;
}

export function entryTable(caption: string, entries: readonly ContentEntry[]): Markup {
  return html`
<table class="table"><caption class="soft small">${caption}</caption>
<thead><tr><th scope="col">Entry</th><th scope="col">Outcome</th><th scope="col">Why</th><th scope="col">Source</th><th scope="col">Bytes</th></tr></thead>
<tbody>${entries.map(
    ({ path, source, outcome, reason, bytes, truncated, redactions }) => html`
<tr><th scope="row" class="mono">${path}</th><td data-name="Outcome"><span class="badge ${outcomes[outcome]}">${outcome}${truncated ? ', cut' : ''}</span></td>
<td data-name="Why">${reason ?? (truncated ? 'its middle was left out' : '–')}</td><td data-name="Source" class="mono">${source}</td><td data-name="Bytes">${bytes}${redactions > 0 ? `, ${redactions} redacted` : ''}</td></tr>`,
  )}</tbody></table>`;
}

const outcomes = { ok: 'good', 'not-applicable': '', 'timed-out': 'warn', failed: 'warn', withheld: 'bad' } as const;
