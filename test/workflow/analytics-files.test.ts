import { afterAll, describe, expect, it } from 'vitest';
import { interactionColumns } from '../../local/cxone/index.ts';
import {
  expectInteractions,
  exportsOf,
  interactionNights,
  interactionRows,
  interactionTruth,
  interactionWindow,
  rangeState,
  SMALL_DAYS,
} from '../support/interaction-night.ts';
import { type Nights, prepareNights } from '../support/night.ts';
import { keysUnder } from '../support/night-findings.ts';
import { failedWindowsOf } from '../support/night-history.ts';

const FORMATS = ['json', 'csv', 'xlsx'] as const;
const nights = new Map<string, Nights>();
for (const format of FORMATS)
  nights.set(format, await prepareNights(interactionNights({ format, columns: interactionColumns })));

async function open(format: string, ...scenarios: string[]) {
  const prepared = nights.get(format);
  if (prepared === undefined) throw new Error(`There are no nights of ${format}.`);
  return prepared.open({ scenarios: [SMALL_DAYS, ...scenarios] });
}

describe('ANA-06 exports in three formats', () => {
  afterAll(async () => {
    for (const prepared of nights.values()) await prepared.close();
  });

  it('ANA-06 give equal rows, nested fields, arrays and long numbers among them', async () => {
    const input = { from: '2024-04-02', to: '2024-04-04' };
    const rows: unknown[] = [];

    for (const format of FORMATS) {
      const night = await open(
        format,
        'interactions-repeated:2',
        'interactions-outdated:1',
        'interactions-shuffled',
      );
      const ended = await night.run(input);
      expect(ended.status).toBe('SUCCEEDED');
      expect(exportsOf(night)).toMatchObject([{ format, days: 2 }]);
      rows.push([await interactionRows(night, '2024-04-02'), await interactionRows(night, '2024-04-03')]);
      await night.close();
    }

    expect(rows[1]).toEqual(rows[0]);
    expect(rows[2]).toEqual(rows[0]);
  });

  it.each([
    ['csv', 'short-body'],
    ['csv', 'reset'],
    ['csv', 'export-gone'],
    ['csv', 'job-expired'],
    ['csv', 'throttle-seconds'],
    ['xlsx', 'token-revoked:5'],
    ['xlsx', 'reset'],
  ])('ANA-06 commit the right interactions of a %s file under %s', async (format, scenario) => {
    const night = await open(format, scenario);
    const day = night.day();
    const truth = interactionTruth(night, day);

    const ended = await night.run();

    expect(ended.status).toBe('SUCCEEDED');
    await expectInteractions(night, day, truth);
    const { attempt, file, pages, records } = await rangeState(night, day, 1);
    expect([pages, records]).toEqual([1, 60]);
    expect(file?.key).toBe(`raw/acme/interactions/dt=${day}/a${attempt}/result.${format}`);
    expect(await keysUnder(night, `raw/acme/interactions/dt=${day}/a${attempt}/part-`)).toHaveLength(1);
    await night.close();
  });

  it.each(['csv', 'xlsx'])(
    'ANA-06 name a %s file that was cut short, commit nothing of it, and fetch it anew under a redrive',
    async (format) => {
      const night = await open(format, 'clean-short:1');
      const day = night.day();
      const truth = interactionTruth(night, day);
      const ended = await night.run();
      expect(failedWindowsOf(night, ended.run)).toMatchObject([
        { error: 'PartMalformed', state: 'FetchPages' },
      ]);
      expect((await interactionWindow(night, day)).generation).toBeUndefined();
      night.simulator.use([SMALL_DAYS]);

      const again = await night.redrive(ended.run);

      expect(again.status).toBe('SUCCEEDED');
      expect(exportsOf(night)).toHaveLength(1);
      await expectInteractions(night, day, truth);
      await night.close();
    },
  );
});
