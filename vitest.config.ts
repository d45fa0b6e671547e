import { defineConfig } from 'vitest/config';
import { resultsIn } from './test/results.ts';

const results = process.env['DRIPLAKE_TEST_RESULTS'];

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/chance.ts'],
    // They end what hangs, and judge no speed: beside other work a test takes ten times its time.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    maxWorkers: 2,
    reporters: ['default', ...(results ? [resultsIn(results)] : [])],
  },
});
