import { defineConfig } from 'vitest/config';
import { findBrowser } from './test/browser/browser.ts';
import { LongestFirst } from './test/longest-first.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Pages are looked at where there is something to look with; `npm run test:browser` says how to get it.
    exclude: findBrowser() === undefined ? ['test/browser/**', 'node_modules/**'] : ['node_modules/**'],
    pool: 'forks',
    sequence: { sequencer: LongestFirst },
    // Every core: test files wait for processes and sockets of their own more than for each other.
    maxWorkers: '100%',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    coverage: { include: ['bin/**', 'lib/**', 'lambdas/**', 'local/**'] },
  },
});
