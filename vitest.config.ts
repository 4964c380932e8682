import { defineConfig } from 'vitest/config';

/** The rungs of docs/testing.md. Those of one group share the processor; the next group begins when they are through. */
function rung(name: string, group: number, setup: readonly string[] = []) {
  return {
    extends: true as const,
    test: {
      name,
      include: [`test/${name}/**/*.test.ts`],
      globalSetup: [...setup],
      sequence: { groupOrder: group },
    },
  };
}

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 120_000,
    maxWorkers: '100%',
    projects: [
      rung('unit', 1),
      rung('pipeline', 1),
      rung('contract', 1),
      rung('cloud-init', 1),
      rung('netns', 2),
      rung('browser', 1),
      rung('containerd', 1, ['test/support/install-containerd.ts']),
      rung('image', 1, ['test/support/install-image-tools.ts']),
      rung('binary', 3, ['test/support/build-once.ts']),
    ],
  },
});
