import { createHash } from 'node:crypto';
import type { ReportModel, Verdict } from '../model.ts';
import { dateAndTime } from '../time-text.ts';
import { actors } from '../verdict.ts';
import { chart } from './chart.ts';
import { capital, findingCards } from './findings.ts';
import { html, Markup } from './markup.ts';
import { style } from './style.ts';
import { checkTables, componentTable, entryTable, failureCards } from './tables.ts';

/**
 * The report as one page that asks for nothing from outside: its policy allows its own style and nothing else, so that
 * even markup that came through would do nothing. It has no script.
 */
export function page(model: ReportModel): string {
  const { verdict, findings, timeline, failures, missing, contents, edgeName } = model;
  const paths = new Set(contents.filter(({ bytes }) => bytes > 0).map(({ path }) => path));
  const { source } = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${edgeName ?? 'This machine'}: ${words[verdict.state]}</title>
<style>${new Markup(style)}</style>
</head>
<body>
<a class="skip" href="#findings">Skip to the findings</a>
<header>
<h1>conjurer report of ${edgeName ?? 'a machine without a name'}</h1>
${verdictBox(model)}
<nav aria-label="Parts of the report"><ul>
${parts.map(([id, title]) => html`<li><a href="#${id}">${title}</a></li>`)}
</ul></nav>
</header>
<main>
<section aria-labelledby="findings"><h2 id="findings">Findings</h2>${findingCards(findings, paths)}</section>
<section aria-labelledby="timeline"><h2 id="timeline">Timeline</h2>${timeline === null ? html`<p>Nothing in this bundle says when what happened.</p>` : chart(timeline)}</section>
<section aria-labelledby="checks"><h2 id="checks">Checks</h2>${checkTables(model)}</section>
<section aria-labelledby="components"><h2 id="components">Components</h2>${componentTable(model)}</section>
<section aria-labelledby="failures"><h2 id="failures">What failed before</h2>${failureCards(failures)}</section>
<section aria-labelledby="missing"><h2 id="missing">What is missing, and why</h2>${missing.length === 0 ? html`<p>Everything that was looked for is here, whole.</p>` : entryTable('Looked for, and not here or not whole', missing)}</section>
<section aria-labelledby="contents"><h2 id="contents">What is in the bundle</h2><details><summary>${contents.length} entries</summary>${entryTable('Every entry', contents)}</details></section>
</main>
<footer class="soft small">Made by conjurer ${model.agentVersion}. Secrets were taken out before anything was written. The same is in report.json and report.txt; manifest.json lists every file with its digest.</footer>
</body>
</html>
`;
  return source;
}

const parts = [
  ['findings', 'Findings'],
  ['timeline', 'Timeline'],
  ['checks', 'Checks'],
  ['components', 'Components'],
  ['failures', 'What failed before'],
  ['missing', 'What is missing'],
  ['contents', 'Contents'],
] as const;

const policy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; base-uri 'none'; form-action 'none'`;

const words: Readonly<Record<Verdict['state'], string>> = {
  good: 'handed off',
  running: 'under way',
  waiting: 'waiting',
  failed: 'stopped',
  unknown: 'not begun',
};

const badges = { good: 'good', running: 'info', waiting: 'warn', failed: 'bad', unknown: '' } as const;

function verdictBox({ verdict, madeAt, bootedAt, image, agentVersion }: ReportModel): Markup {
  const { state, sentence, next, who } = verdict;
  const facts: readonly (readonly [string, string])[] = [
    ['Report made', dateAndTime(madeAt)],
    ['Machine started', bootedAt === null ? 'not known' : dateAndTime(bootedAt)],
    ['Image', image === null ? 'no manifest' : `${image.name} ${image.version} (${image.buildId})`],
    ['conjurer', agentVersion],
    ['Must act', who === null ? 'nobody' : capital(actors[who])],
  ];
  return html`
<div class="verdict ${state}">
<span class="badge ${badges[state]}">${words[state]}</span>
<p class="sentence">${sentence}</p>
<p class="soft small">Next</p>
<pre class="next">${next}</pre>
<dl class="facts">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
</div>`;
}
