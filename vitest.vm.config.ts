import { defineConfig } from 'vitest/config';

/** The rung of machines that boot, one at a time: `npm run test:vm` (docs/testing.md). */
export default defineConfig({
  test: {
    include: ['test/vm/scenarios/*.test.ts'],
    globalSetup: ['test/vm/image.ts'],
    fileParallelism: false,
    testTimeout: 20 * 60_000,
    hookTimeout: 2 * 60_000,
  },
});
