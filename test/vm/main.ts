import { runScenarios } from './run-scenarios.ts';

/** `npm run test:vm` */
const rung = {
  command: 'test:vm',
  config: 'vitest.vm.config.ts',
  folder: 'test/vm/scenarios',
  core: ['first-boot', 'static-network', 'boot-cut'],
};
await runScenarios(rung, process.argv.slice(2));
