import { droppedSources, lakeMapping, type Mapping } from '../model/mapping.ts';
import { isPrivate, type PrivacyKey, type Protection, protectionOf } from './privacy.ts';
import type { QuarantinedRow } from './row-walk.ts';

/** Reasons for which it is not certain which value belongs to which column. */
const UNCERTAIN: readonly string[] = ['BadEncoding', 'BadQuoting', 'WrongWidth'];

/** What may be written of rows that go to quarantine: private values are protected there as in the lake. */
export class RowShield {
  readonly #isPrivate: boolean;
  readonly #ignoresNew: boolean;
  readonly #dropped: ReadonlySet<string>;
  readonly #protections: ReadonlyMap<string, Protection>;

  constructor({ mapping, privacyKey }: { mapping: Mapping; privacyKey?: PrivacyKey | undefined }) {
    this.#isPrivate = isPrivate(mapping);
    this.#ignoresNew = mapping.newFields === 'ignore';
    this.#dropped = new Set(droppedSources(mapping));
    this.#protections = new Map(
      lakeMapping(mapping).columns.flatMap(({ source, aliases, privacy }) => {
        const protection = protectionOf(privacy, privacyKey);
        return [source, ...aliases].map((name): [string, Protection] => [name, protection]);
      }),
    );
  }

  /** The row with protected values; without any where it is not certain which is whose. */
  shown(row: QuarantinedRow): QuarantinedRow {
    if (!this.#isPrivate && !this.#ignoresNew) return row;
    const { part, line, reason, column } = row;
    const where = { part, line, reason, ...(column === undefined ? {} : { column }) };
    if (this.#isPrivate && (UNCERTAIN.includes(reason) || row.row === undefined)) return where;
    const values = Object.entries(row.row ?? {}).flatMap(([name, value]): [string, string][] => {
      const protection = this.#protections.get(name);
      if (this.#dropped.has(name) || (protection === undefined && this.#ignoresNew)) return [];
      return [[name, value === '' || protection === undefined ? value : protection(value)]];
    });
    return { ...row, row: Object.fromEntries(values) };
  }
}
