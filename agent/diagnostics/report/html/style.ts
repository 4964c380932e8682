/**
 * The only style of the page; its hash is in the page's policy, so nothing else can style it. Colours of text meet 4.5:1
 * on their ground in both schemes (test/browser/report.test.ts).
 */
export const style = `
:root {
  color-scheme: light dark;
  --ground: #f6f7f9; --card: #ffffff; --ink: #1b2330; --soft: #525d6e; --line: #d5dae2; --code: #eef1f5;
  --bad: #b3261e; --bad-ground: #fdecea; --warn: #8a5300; --warn-ground: #fff4de;
  --good: #1c6b3c; --good-ground: #e6f5ec; --info: #1f4fa3; --info-ground: #e8effb; --idle: #8b96a8;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #12161d; --card: #1b212b; --ink: #e7ebf2; --soft: #a7b1c2; --line: #36404f; --code: #252d39;
    --bad: #ff9d94; --bad-ground: #3d1f1e; --warn: #f5c06a; --warn-ground: #3a2c12;
    --good: #7fd6a2; --good-ground: #17341f; --info: #9cc0ff; --info-ground: #1b2b47; --idle: #5f6b7e;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, "DejaVu Sans", sans-serif; overflow-wrap: anywhere; }
a { color: var(--info); }
a:focus-visible, summary:focus-visible, [tabindex]:focus-visible { outline: 3px solid var(--info); outline-offset: 2px; border-radius: 3px; }
.skip { position: absolute; left: -999px; }
.skip:focus { left: 8px; top: 8px; background: var(--card); padding: 8px 12px; z-index: 1; }
header, main, footer { max-width: 1040px; margin: 0 auto; padding: 0 16px; }
header { padding-top: 24px; }
h1 { font-size: 1.05rem; font-weight: 600; color: var(--soft); margin: 0 0 8px; }
h2 { font-size: 1.25rem; margin: 40px 0 12px; }
h3 { font-size: 1.05rem; margin: 0; }
p { margin: 8px 0; }
code, pre, .mono { font: 0.875em/1.5 ui-monospace, "DejaVu Sans Mono", monospace; }
pre { margin: 4px 0; white-space: pre-wrap; background: var(--code); padding: 8px 10px; border-radius: 6px; }
.soft { color: var(--soft); }
.small { font-size: 0.875rem; }
.verdict { background: var(--card); border: 1px solid var(--line); border-left: 8px solid var(--idle); border-radius: 10px; padding: 18px 20px; }
.verdict .sentence { font-size: 1.35rem; line-height: 1.4; font-weight: 600; margin: 8px 0 14px; }
.verdict.failed { border-left-color: var(--bad); }
.verdict.waiting, .verdict.running { border-left-color: var(--warn); }
.verdict.good { border-left-color: var(--good); }
.next { font-size: 1rem; font-weight: 600; }
.badge { display: inline-block; padding: 1px 9px; border-radius: 99px; font-size: 0.8125rem; font-weight: 600; background: var(--code); color: var(--ink); white-space: nowrap; }
.badge.bad { background: var(--bad-ground); color: var(--bad); }
.badge.warn { background: var(--warn-ground); color: var(--warn); }
.badge.good { background: var(--good-ground); color: var(--good); }
.badge.info { background: var(--info-ground); color: var(--info); }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(165px, 1fr)); gap: 8px 20px; margin: 16px 0 0; }
.facts dt { color: var(--soft); font-size: 0.875rem; }
.facts dd { margin: 0; font-weight: 600; }
nav ul { list-style: none; margin: 16px 0 0; padding: 0; display: flex; flex-wrap: wrap; gap: 6px 18px; }
nav a { display: inline-block; padding: 3px 0; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 14px 16px; margin: 0 0 12px; }
.finding > h3 { display: flex; flex-wrap: wrap; gap: 6px 10px; align-items: baseline; }
.evidence { margin: 10px 0 0; padding: 0; list-style: none; }
.evidence li { margin: 8px 0 0; }
.table { width: 100%; border-collapse: collapse; background: var(--card); border: 1px solid var(--line); }
.table th, .table td { text-align: left; vertical-align: top; padding: 8px 10px; border-top: 1px solid var(--line); font-weight: 400; }
.table caption { text-align: left; padding: 0 0 4px; }
.table thead th { font-size: 0.8125rem; color: var(--soft); font-weight: 600; }
.table tbody th { font-weight: 600; }
.table tbody th .soft { font-weight: 400; }
details { margin: 8px 0; }
summary { cursor: pointer; padding: 4px 0; font-weight: 600; }
.chart { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 12px 16px; }
.chart svg { display: block; width: 100%; overflow: visible; }
.chart text { fill: var(--ink); font: 13px system-ui, "DejaVu Sans", sans-serif; }
.chart .told { fill: var(--soft); }
.chart .axis { fill: var(--soft); font-size: 12px; }
.rule { stroke: var(--line); }
.gap { fill: var(--code); }
.track { fill: var(--code); }
.boot { fill: var(--info); } .done { fill: var(--good); } .failed-bar { fill: var(--bad); }
.waiting-bar { fill: var(--warn); } .running-bar { fill: var(--info); } .interrupted { fill: var(--idle); }
.edge { fill: var(--card); }
.retry { stroke: var(--ink); stroke-width: 2; }
.failure { stroke: var(--bad); stroke-width: 3; fill: none; }
.ground { fill: var(--card); stroke: var(--bad); stroke-width: 2; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 4px 16px; padding: 0; margin: 10px 0 0; font-size: 0.875rem; }
.legend svg { display: inline-block; width: 22px; vertical-align: -2px; margin-right: 6px; }
footer { padding-top: 32px; padding-bottom: 40px; }
@media (max-width: 640px) {
  .verdict .sentence { font-size: 1.15rem; }
  .table thead { position: absolute; left: -9999px; }
  .table, .table caption, .table tbody, .table tr, .table td, .table tbody th { display: block; width: 100%; }
  .table caption { padding: 8px 10px; }
  .table tr { border-top: 1px solid var(--line); padding: 8px 10px; }
  .table td, .table tbody th { border: 0; padding: 1px 0; }
  .table td[data-name]::before { content: attr(data-name) ": "; color: var(--soft); }
}
@media print {
  :root { color-scheme: light; --ground: #fff; --card: #fff; --ink: #000; --soft: #444; --line: #bbb; --code: #f2f2f2; --bad: #a00; --bad-ground: #fff; --warn: #744400; --warn-ground: #fff; --good: #14532d; --good-ground: #fff; --info: #123c82; --info-ground: #fff; }
  body { font-size: 10.5pt; }
  nav, .skip { display: none; }
  header, main, footer { max-width: none; padding: 0; }
  .card, .verdict, .chart, .table tr { break-inside: avoid; }
  .badge { border: 1px solid currentColor; }
  svg, .track, .boot, .done { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;
