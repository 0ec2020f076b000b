import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pageInPlace, readPage, recordInstant } from '../../lambdas/dataset/page.ts';
import { Day } from '../../lambdas/model/days.ts';
import { RecordInstants } from '../../lambdas/paged-export/record-instants.ts';
import { RecordSpool } from '../../lambdas/paged-export/record-spool.ts';

const RANGE = { from: Day.parse('2024-02-28'), days: 3 };
const PATHS = ['at', 'interval.startTime'];

const instant = fc.oneof(
  fc.constantFrom(
    '"2024-02-29T00:00:00.000Z"',
    '"2024-02-28T23:59:59.999Z"',
    '"2024-03-01T12:00:00Z"',
    '"2024-02-30T00:00:00.000Z"',
  ),
  fc.constantFrom(
    '"1999-01-01T00:00:00.000Z"',
    '"2024-02-29T24:00:00.000Z"',
    'null',
    '7',
    '"soon"',
    '{"startTime":1}',
  ),
);
const record = fc.oneof(
  fc.tuple(instant, fc.json({ maxDepth: 2 })).map(([at, more]) => `{"more":${more},"at":${at}}`),
  fc.tuple(instant, instant).map(([at, inner]) => `{"at":${at},\n "interval":{"startTime":${inner}}}`),
  fc.tuple(instant, instant).map(([first, last]) => `{"at":${first},"\\u0061t":${last}}`),
  fc.json({ maxDepth: 1 }),
);

describe('ANA-01 records gathered by day', () => {
  it('ANA-01 are those of the pages, in their order, whether taken in place or as texts', async () => {
    const property = fc.asyncProperty(
      fc.array(fc.array(record, { maxLength: 8 }), { maxLength: 4 }),
      async (pages) => {
        const instants = new RecordInstants(PATHS);
        const [inPlace, asTexts] = [new RecordSpool(RANGE), new RecordSpool(RANGE)];
        const bodies = pages.map((records) => Buffer.from(`{"data":[${records.join(',')}]}`));

        for (const body of bodies) {
          await inPlace.addPage(pageInPlace(body, instants.wanted), instants);
          await asTexts.addTexts(readPage(body).records, instants);
        }

        const found = await daysOf(inPlace);
        expect(found).toEqual(await daysOf(asTexts));
        const texts = bodies.flatMap((body) => readPage(body).records);
        expect(
          Object.values(found)
            .flatMap(({ lines }) => lines)
            .toSorted(),
        ).toEqual(texts.toSorted());
        for (const [day, { lines }] of Object.entries(found))
          expect(lines).toEqual(texts.filter((text) => dayOf(text) === day));
      },
    );

    await fc.assert(property, { numRuns: 200 });
  });
});

async function daysOf(spool: RecordSpool): Promise<Record<string, { records: number; lines: string[] }>> {
  const days = spool.taken().map(async ({ day, records, members }) => {
    const text = gunzipSync(await buffer(members)).toString('utf8');
    return [day, { records, lines: text.split('\n').slice(0, -1) }] as const;
  });
  return Object.fromEntries(await Promise.all(days));
}

/** The day that a record is kept with: the nearest of the range. */
function dayOf(text: string): string {
  const at = PATHS.map((path) => recordInstant(text, path)).find((found) => found !== undefined);
  const day = at === undefined ? RANGE.from : new Date(at).toISOString().slice(0, 10);
  return day < '2024-02-28' ? '2024-02-28' : day > '2024-03-01' ? '2024-03-01' : day;
}
