import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    // Every core: test files wait for processes and sockets of their own more than for each other.
    maxWorkers: '100%',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    coverage: { include: ['bin/**', 'lib/**', 'lambdas/**', 'local/**'] },
  },
});
