import { Readable } from 'node:stream';
import { recordPart } from '../dataset/record-lines.ts';
import { rawPartKey } from '../lake/keys.ts';
import { keepReading, type Reading, type ReadRange } from '../ledger/readings.ts';
import { factIn, isError } from '../model/errors.ts';
import type { ClaimedWindow } from '../model/payloads.ts';
import type { ReportQuestion } from '../model/report-payloads.ts';
import { pageSizeOf } from './ladder.ts';
import { queriedFrom, withPage } from './progress.ts';
import type { ReadingPorts } from './read-report.ts';

/** A wait for the limiter's slot, or one that CXone asks for, that is slept through: longer ones are for the machine. */
const SHORT_WAIT_MILLISECONDS = 20_000;

/** What came of reading pages. */
export interface ReadPages {
  /** As the ledger has it. */
  before: Reading;
  /** With the pages that were received; their records are stored. */
  reading: Reading;
  range: ReadRange;
  /** The phase has come to its last page. */
  ended: boolean;
  /** What kept it from going on. */
  failure?: unknown;
}

/**
 * Reads pages of a range's phase until the last, until there is no time left, until the family is to rest, or until a call
 * fails. The records of the phase “records” go into one object, under a number that nobody else has; it is durable when this
 * returns.
 */
export async function readPages(
  ports: ReadingPorts & { resting: () => Promise<boolean> },
  claim: ClaimedWindow,
  before: Reading,
  range: ReadRange,
  question: ReportQuestion,
): Promise<ReadPages> {
  const query = new Query(ports, range, question);
  const pages = query.pages();
  const first = await pages.next();
  if (first.done || range.phase === 'proof') {
    for await (const _ of pages);
    return query.outcome(before);
  }
  const numbered = await keepReading(ports.ledger, claim, before, { ...before, objects: before.objects + 1 });
  const { tenant } = ports.ledger;
  const key = rawPartKey(tenant, claim.dataset, claim.day, before.attempt, numbered.objects, 'jsonl.gz');
  async function* all() {
    yield first.value ?? [];
    yield* pages;
  }
  const body = Readable.from(recordPart(all()), { objectMode: false });
  const written = await ports.objects.writeStream(key, body, 'application/gzip');
  return query.outcome(numbered, { key, ...written });
}

/** One query's pages, as far as they come in this invocation. */
class Query {
  private readonly ports: ReadingPorts & { resting: () => Promise<boolean> };
  private readonly question: ReportQuestion;
  private readonly begun: ReadRange;
  private range: ReadRange;
  private requests = 0;
  private ended = false;
  private failure: unknown;

  constructor(ports: Query['ports'], range: ReadRange, question: ReportQuestion) {
    this.ports = ports;
    this.begun = range;
    this.range = range;
    this.question = question;
  }

  /** The records of each page that has some. A failure ends them, and is kept. */
  async *pages(): AsyncGenerator<string[]> {
    try {
      for (;;) {
        const page = await this.patiently();
        this.range = withPage(this.range, page);
        this.requests += 1;
        this.ended = page.nextPageToken === null;
        if (page.records.length > 0) yield page.records;
        if (this.ended || !this.ports.mayGoOn() || (await this.ports.resting())) return;
      }
    } catch (error) {
      this.failure = error;
    }
  }

  outcome(before: Reading, stored?: { key: string; bytes: number; sha256: string }): ReadPages {
    const { begun, ended, failure } = this;
    const records = this.range.received - begun.received;
    const range =
      stored === undefined
        ? this.range
        : { ...this.range, stored: [...begun.stored, { ...stored, records }] };
    const ranges = before.ranges.map((one) => (one.from === begun.from ? range : one));
    const reading = { ...before, requests: before.requests + this.requests, ranges };
    return { before, reading, range, ended, failure };
  }

  /** The next page. A short wait is slept through, as long as there is time: others' calls take their slots too. */
  private async patiently() {
    const { reporting, ledger, mayGoOn } = this.ports;
    const { reportId, parameters } = this.question;
    const { to, cursor } = this.range;
    for (;;) {
      try {
        const from = queriedFrom(this.range);
        const pageSize = pageSizeOf(this.range);
        return await reporting.page({ reportId, parameters, from, to, pageSize, cursor });
      } catch (error) {
        if (!isError(error, 'Throttled') || !mayGoOn()) throw error;
        const wait = Date.parse(factIn(error.message, 'retryAt') ?? '') - ledger.clock.now();
        if (!(wait <= SHORT_WAIT_MILLISECONDS)) throw error;
        await ledger.clock.sleep(Math.max(0, wait));
      }
    }
  }
}
