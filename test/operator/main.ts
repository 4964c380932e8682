import { hostname } from 'node:os';
import { parseArgs } from 'node:util';
import { runOperator } from './operator.ts';

const { values } = parseArgs({
  options: {
    handoff: { type: 'string', default: '/etc/k8s-mgmt-operator/handoff.json' },
    root: { type: 'string', default: '/' },
    'node-name': { type: 'string', default: hostname() },
  },
});
const nodeName = values['node-name'];
const end = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => end.abort());

await runOperator({
  handoff: values.handoff,
  root: values.root,
  watch: async () => ({ cluster: { version: null, nodesReady: 1, nodesTotal: 1, nodes: [nodeName] }, addons: [] }),
  log: line => process.stdout.write(`${line}\n`),
  signal: end.signal,
});
