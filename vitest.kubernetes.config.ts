import { defineConfig } from 'vitest/config';

/** The rung of machines that become clusters, one at a time: `npm run test:kubernetes` (docs/testing.md). */
export default defineConfig({
  test: {
    include: ['test/kubernetes/scenarios/*.test.ts'],
    globalSetup: ['test/kubernetes/image.ts'],
    fileParallelism: false,
    testTimeout: 40 * 60_000,
    hookTimeout: 2 * 60_000,
  },
});
