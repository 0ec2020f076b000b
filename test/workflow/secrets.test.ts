import { Buffer } from 'node:buffer';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { accessTokenMark, refreshTokenMark } from '../../local/cxone/index.ts';
import { CREDENTIALS, type Night, prepareNights } from '../support/night.ts';
import { rowsOf, storesOf } from '../support/night-findings.ts';
import { eventsOf } from '../support/night-history.ts';
import { hearNotices, ledgerItems, storedObjects } from '../support/night-snapshot.ts';
import { filesUnder, jsonOf } from '../support/night-traces.ts';

const LARGEST_STATE = 64 * 1024;

const nights = await prepareNights();
afterAll(() => nights.close());

describe('what a run says of itself', () => {
  it.each([
    ['a good night', []],
    ['a night of renewed and rejected tokens', ['token-short-life', 'token-revoked:3']],
    ['a night that fails over its token', ['token-always-rejected']],
    ['a night that fails at the token endpoint', ['token-endpoint-errors:100']],
    ['a night of faults', ['reset', 'server-errors', 'lost-reply']],
    ['a night of rejects', ['rejects']],
  ])('ALL-07 ALL-17 ALL-19 never names a secret, a token or a person: %s', async (_, scenarios) => {
    const night = await nights.open({ scenarios });
    const notices = hearNotices(night);
    const said: string[] = [];

    const ended = await night.run();

    said.push(JSON.stringify(night.platform.engine.describe(ended.run)));
    for (const folder of ['engine', 'logs'])
      said.push(...filesUnder(join(night.folder, folder)).map(([, text]) => text));
    said.push(...(await notices()), await textOfRuns(night), jsonOf(await ledgerItems(night)));
    expect(said.join('\n').length, 'something is searched').toBeGreaterThan(10_000);
    for (const secret of [CREDENTIALS.clientSecret, accessTokenMark, refreshTokenMark, 'Bearer '])
      expect(said.filter((text) => text.includes(secret))).toEqual([]);
    for await (const row of night.simulator.expectedRows(night.day()))
      expect(
        said.some((text) => text.includes(row.CallId ?? '?') || namesPerson(text, row.CustomerNumber)),
      ).toBe(false);
    await night.close();
  });

  it('ALL-17 keeps every state under 64 KiB, however many parts and windows there are', async () => {
    const night = await nights.open({ scenarios: ['rows:600', 'parts:40'] });

    const ended = await night.run({ from: '2024-04-01', to: '2024-04-03' });

    const events = eventsOf(night, ended.run);
    expect(ended.status).toBe('SUCCEEDED');
    expect(await rowsOf(night, '2024-04-02')).toHaveLength(600);
    expect(Math.max(...events.map((event) => Buffer.byteLength(JSON.stringify(event))))).toBeLessThan(
      LARGEST_STATE,
    );
    await night.close();
  });
});

/** Everything that runs have left in the bucket about themselves. */
async function textOfRuns(night: Night): Promise<string> {
  const keys = Object.keys(await storedObjects(night)).filter((key) => key.startsWith('runs/'));
  const { objects } = storesOf(night);
  return (await Promise.all(keys.map((key) => objects.readText(key)))).join('\n');
}

/** A number of fewer digits is no person's: it may be part of anything. */
function namesPerson(text: string, number = ''): boolean {
  return number.length > 8 && text.includes(number);
}
