import type { RejectReason } from '../model/run-record.ts';
import type { QuarantinedRow } from './row-walk.ts';

/** Reasons that are told by themselves, those with the most rows; the others are told together. */
const TOLD_REASONS = 20;

/** Counts rejects by reason and column, and keeps where the first of each lies. It is never given a value. */
export class RejectTally {
  readonly #reasons = new Map<string, RejectReason>();

  count({ reason, column, part, line }: Pick<QuarantinedRow, 'reason' | 'column' | 'part' | 'line'>): void {
    const name = JSON.stringify([reason, column]);
    const counted = this.#reasons.get(name);
    if (counted === undefined)
      this.#reasons.set(name, {
        reason,
        ...(column === undefined ? {} : { column: column.toWellFormed() }),
        rows: 1,
        part,
        line,
      });
    else counted.rows += 1;
  }

  /** The most frequent first. */
  reasons(): RejectReason[] {
    const all = [...this.#reasons.values()].toSorted((left, right) => right.rows - left.rows);
    const rows = all.slice(TOLD_REASONS).reduce((total, reason) => total + reason.rows, 0);
    const told = all.slice(0, TOLD_REASONS);
    return rows === 0 ? told : [...told, { reason: 'Others', rows }];
  }
}
