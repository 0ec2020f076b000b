import { expect, it } from 'vitest';
import type { Scenario } from '../../../local/cxone/scenarios/scenario.ts';

/** Tests of scenarios that know which are shown, so that a table's last one is found missing. */
export interface ShownScenarios {
  /** A test of what a scenario of the table shows. */
  readonly shows: (name: string, what: string, test: () => Promise<void>) => void;
  /** A test that every scenario of the table has one. */
  readonly all: () => void;
}

/** Tests for the scenarios of a table. */
export function shownScenarios(table: Readonly<Record<string, Scenario>>): ShownScenarios {
  const shown = new Set<string>();
  return {
    shows(name, what, test) {
      shown.add(name);
      it(`${name} ${what}`, test);
    },
    all() {
      it('has a test for every scenario', () => {
        const missing = Object.keys(table).filter((name) => !shown.has(name));

        const unknown = [...shown].filter((name) => !(name in table));

        expect({ missing, unknown }).toEqual({ missing: [], unknown: [] });
      });
    },
  };
}
