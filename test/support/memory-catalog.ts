import type { Catalog } from '../../lambdas/lake/catalog.ts';

/** A catalog in memory: `<table>/<value>` → location. */
export function memoryCatalog(): Catalog & { readonly locations: Map<string, string> } {
  const locations = new Map<string, string>();
  return {
    locations,
    async locationOf(table, value) {
      return locations.get(`${table}/${value}`);
    },
    async point(table, value, location) {
      locations.set(`${table}/${value}`, location);
    },
  };
}
