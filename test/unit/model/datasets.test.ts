import { describe, expect, it } from 'vitest';
import { sourcesOf } from '../../support/sources.ts';

describe('datasets', () => {
  it('ALL-15 have names of their own: windows, claims and marks of two are never the same items', () => {
    const named = sourcesOf('lambdas').flatMap(({ path, code }) =>
      [...code.matchAll(/DatasetId\.parse\('(\w+)'\)/g)].map(([, name]) => ({ path, name })),
    );

    const twice = named.filter(({ name }, at) => named.findIndex((other) => other.name === name) !== at);
    expect(named.length).toBeGreaterThan(0);
    expect(twice).toEqual([]);
  });
});
