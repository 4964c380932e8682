import { runScenarios } from '../vm/run-scenarios.ts';

/** `npm run test:kubernetes` */
const rung = {
  command: 'test:kubernetes',
  config: 'vitest.kubernetes.config.ts',
  folder: 'test/kubernetes/scenarios',
  core: ['first-cluster'],
};
await runScenarios(rung, process.argv.slice(2));
