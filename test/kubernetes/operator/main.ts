import { createServer } from 'node:http';
import { runOperator } from '../../operator/operator.ts';
import { openCluster } from './cluster.ts';

/** The reference operator as the program of a pod: it watches its cluster with its ServiceAccount, and reports it. */
const HEALTH_PORT = 8081;
const HANDOFF = '/etc/k8s-mgmt-operator/handoff.json';

const end = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => end.abort());

const cluster = openCluster(process.env);
// Ready is an operator that sees its cluster; whether the Controller takes what it says is not the kubelet's to judge.
const health = createServer((request, response) => {
  void cluster.isUp().then(up => response.writeHead(request.url === '/readyz' && !up ? 503 : 200).end());
});
health.listen(HEALTH_PORT);

await runOperator({
  handoff: HANDOFF,
  root: '/',
  watch: document => cluster.watch(document.addons ?? []),
  log: line => process.stdout.write(`${line}\n`),
  signal: end.signal,
});
health.close();
await cluster.close();
