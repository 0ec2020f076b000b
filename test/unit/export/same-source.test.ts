import { describe, expect, it } from 'vitest';
import { requireSameSource } from '../../../lambdas/export/same-source.ts';
import { untouched, type WindowState } from '../../../lambdas/ledger/window-state.ts';
import { Day } from '../../../lambdas/model/days.ts';
import { factsOf, generationOf } from '../../support/window-ledger.ts';

const state = (parsed: number): WindowState => {
  const facts = factsOf(generationOf('1'));
  return { ...untouched(Day.parse('2024-05-15')), facts: { ...facts, rows: { ...facts.rows, parsed } } };
};

describe('REP-05 what a replay transforms', () => {
  it('REP-05 is refused where parts are missing, or are those of another attempt', () => {
    expect(() => requireSameSource('replay', state(120), 0)).toThrow(
      /stored parts of 2024-05-15.*stored=0 transformed=120/,
    );
    expect(() => requireSameSource('replay', state(0), 7)).toThrow(/stored=7 transformed=0/);
  });

  it('REP-05 is whatever there is where a day is read anew, or what the current generation was made of', () => {
    expect(() => requireSameSource('refresh', state(120), 90)).not.toThrow();
    expect(() => requireSameSource('replay', state(120), 120)).not.toThrow();
    expect(() => requireSameSource('export', untouched(Day.parse('2024-05-15')), 5)).not.toThrow();
  });
});
