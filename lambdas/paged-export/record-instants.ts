import { valueTextAt } from '../dataset/json-text.ts';
import { type PageInPlace, recordInstant, valueInstant } from '../dataset/page.ts';
import { UsualTimestamps } from '../dataset/usual-timestamps.ts';
import { keysOf } from '../model/source-path.ts';

/** Tells when records began, by the first path that holds an instant. */
export class RecordInstants {
  /** The outermost keys of the paths, which a page's records are to be noted by. */
  readonly wanted: readonly string[];
  readonly #paths: readonly { path: string; below: readonly string[] }[];
  readonly #timestamps = new UsualTimestamps();

  constructor(paths: readonly string[]) {
    const keys = paths.map(keysOf);
    this.wanted = keys.map(([outermost = '']) => outermost);
    this.#paths = paths.map((path, index) => ({ path, below: keys[index]?.slice(1) ?? [] }));
  }

  /** When a record of the page began, by its number from 0, in epoch milliseconds; undefined where no path holds an instant. Throws `TimestampNotUtc`. */
  ofPage({ body, noted }: PageInPlace, record: number): number | undefined {
    for (let index = 0; index < this.#paths.length; index++) {
      const at = 2 * (record * this.#paths.length + index);
      const [from, to] = [noted[at] ?? -1, noted[at + 1] ?? -1];
      const { path, below } = this.#paths[index] ?? { path: '', below: [] };
      if (from < 0) continue;
      const usual = below.length === 0 ? this.#timestamps.instant(body, from, to) : undefined;
      const instant = usual ?? valueInstant(valueTextAt(body.toString('utf8', from, to), below), path);
      if (instant !== undefined) return instant;
    }
    return undefined;
  }

  /** The same of a record's text. */
  ofText(record: string): number | undefined {
    for (const { path } of this.#paths) {
      const instant = recordInstant(record, path);
      if (instant !== undefined) return instant;
    }
    return undefined;
  }
}
