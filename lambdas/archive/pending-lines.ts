import type { ArchiveTally } from '../ledger/archive-days.ts';
import { InteractionId } from '../model/interactions.ts';
import type { LookedUp } from './staging.ts';

/** What became of one staged line. */
export type Kind = 'sealed' | 'archived' | 'unchanged' | 'unavailable' | 'failed';

/** What is noted of a record when its object is durable. */
export interface SealedLook {
  id: InteractionId;
  updatedTime: string | undefined;
  digest: string;
  /** CXone shows our mark already. */
  marked: boolean;
}

/** What the tally needs of a line: one object for all lines that are alike. */
interface Sort {
  kind: Kind;
  retried: boolean;
  reason: string;
}

const SEPARATOR = '\t';

/**
 * Lines that have been read, until the object that ends behind them is durable. All that is held of a line is which sort it is, and of
 * a record one text of about 150 bytes, because an object has hundreds of thousands of them.
 */
export class PendingLines {
  readonly #sorts = new Map<string, Sort>();
  #lines: Sort[] = [];
  /** Of the records among them: place, id, whether marked, digest, updated time. */
  #records: string[] = [];

  /** @param value what the custom field holds of an interaction that is marked */
  add(looked: LookedUp, kind: Kind, value: string): void {
    const reason =
      looked.outcome === 'unavailable' ? looked.reason : looked.outcome === 'failed' ? looked.failure : '';
    const retried = looked.tries > 1;
    const name = `${kind} ${retried} ${reason}`;
    const sort = this.#sorts.get(name) ?? { kind, retried, reason };
    this.#sorts.set(name, sort);
    this.#lines.push(sort);
    if (kind !== 'sealed' || looked.outcome !== 'record') return;
    const { n, id, digest, updatedTime = '' } = looked;
    const marked = looked.value === value ? 'marked' : '';
    // Joined, because a text put together with + keeps its parts.
    this.#records.push([n, id, marked, digest, updatedTime].join(SEPARATOR));
  }

  /** Takes out the lines up to the last of so many records. */
  take(records: number): Stretch {
    let end = 0;
    for (let left = records; left > 0; end += 1) {
      const sort = this.#lines[end];
      if (sort === undefined) throw new Error('An object has more records than were read.');
      if (sort.kind === 'sealed') left -= 1;
    }
    const stretch = new Stretch(this.#lines.slice(0, end), this.#records.slice(0, records));
    this.#lines = this.#lines.slice(end);
    this.#records = this.#records.slice(records);
    return stretch;
  }

  /** A tally with the lines that no object ends behind. */
  tallied(before: ArchiveTally): ArchiveTally {
    return tallied(before, this.#lines);
  }
}

/** The lines that an object ends behind. */
export class Stretch {
  readonly #lines: readonly Sort[];
  readonly #records: readonly string[];

  constructor(lines: readonly Sort[], records: readonly string[]) {
    this.#lines = lines;
    this.#records = records;
  }

  /** Its last place in the list, and the id there. */
  get last(): { n: number; id: string } {
    const [n = '', id = ''] = this.#records.at(-1)?.split(SEPARATOR) ?? [];
    return { n: Number(n), id };
  }

  /** What is to be noted of its records, so many at a time. */
  *sealed(atOnce: number): Generator<SealedLook[]> {
    for (let from = 0; from < this.#records.length; from += atOnce)
      yield this.#records.slice(from, from + atOnce).map((record) => {
        const [, id, marked, digest = '', updatedTime] = record.split(SEPARATOR);
        return {
          id: InteractionId.parse(id),
          updatedTime: updatedTime === '' ? undefined : updatedTime,
          digest,
          marked: marked !== '',
        };
      });
  }

  /** A tally with its lines. */
  tallied(before: ArchiveTally): ArchiveTally {
    return tallied(before, this.#lines);
  }
}

/** Nothing yet. */
export function emptyTally(): ArchiveTally {
  return {
    archived: 0,
    retried: 0,
    unchanged: 0,
    unavailable: {},
    failed: {},
    objects: [],
    plainBytes: 0,
    sealedBytes: 0,
  };
}

function tallied(before: ArchiveTally, lines: readonly Sort[]): ArchiveTally {
  const tally = { ...before, unavailable: { ...before.unavailable }, failed: { ...before.failed } };
  for (const { kind, retried, reason } of lines)
    switch (kind) {
      case 'sealed':
      case 'archived':
        tally.archived += 1;
        if (retried) tally.retried += 1;
        break;
      case 'unchanged':
        tally.unchanged += 1;
        break;
      case 'unavailable':
      case 'failed':
        tally[kind][reason] = (tally[kind][reason] ?? 0) + 1;
    }
  return tally;
}
