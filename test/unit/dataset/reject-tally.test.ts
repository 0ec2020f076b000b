import { describe, expect, it } from 'vitest';
import { RejectTally } from '../../../lambdas/dataset/reject-tally.ts';

describe('CDR-10 ALL-11 the reasons of rejects', () => {
  it('are counted by reason and column, the most frequent first, with the place of the first', () => {
    const tally = new RejectTally();
    const rows = [
      { part: 1, line: 7, reason: 'WrongWidth' },
      { part: 1, line: 9, reason: 'TypeMismatch', column: 'Duration' },
      { part: 2, line: 3, reason: 'TypeMismatch', column: 'Duration' },
      { part: 2, line: 4, reason: 'TypeMismatch', column: 'StartTime' },
    ];

    for (const row of rows) tally.count(row);

    expect(tally.reasons()).toEqual([
      { reason: 'TypeMismatch', column: 'Duration', rows: 2, part: 1, line: 9 },
      { reason: 'WrongWidth', rows: 1, part: 1, line: 7 },
      { reason: 'TypeMismatch', column: 'StartTime', rows: 1, part: 2, line: 4 },
    ]);
  });

  it('beyond twenty are told together, and no row of them is lost', () => {
    const tally = new RejectTally();

    for (let column = 0; column < 30; column++)
      for (let row = 0; row <= column; row++)
        tally.count({ part: 1, line: row + 1, reason: 'TypeMismatch', column: `c${column}` });

    const reasons = tally.reasons();
    expect(reasons).toHaveLength(21);
    expect(reasons.at(-1)).toEqual({ reason: 'Others', rows: 55 });
    expect(reasons.reduce((total, { rows }) => total + rows, 0)).toBe(465);
  });
});
