import { describe, expect, it } from 'vitest';
import { analyticsScenarios } from '../../../local/cxone/scenarios/analytics-scenarios.ts';
import { exportOf, openAnalytics } from './analytics-client.ts';
import { shownScenarios } from './shown-scenarios.ts';

const range = (from: string, to: string) => ({
  dateRange: { start: `${from}T00:00:00.000Z`, end: `${to}T23:59:59.999Z` },
});
const filter = (field: string, value: unknown, operator = 'equals') => ({ operator, field, value });

describe('an analytics export', () => {
  it('ANA-03 goes from pending over processing to completed, and is forgotten after a day', async () => {
    const { client, simulator } = await openAnalytics();
    const id = await client.submit();

    const told = [
      await client.status(id),
      await client.wait(30).status(id),
      await client.wait(30).status(id),
    ];

    expect(told.map((status) => Reflect.get(Object(status), 'status'))).toEqual([
      'pending',
      'processing',
      'completed',
    ]);
    client.wait(25 * 3600);
    await client.client.authorise();
    expect((await client.statusReply(id)).status).toBe(404);
    expect(simulator.exports).toMatchObject([{ id, from: '2024-05-15', days: 1, status: 'expired' }]);
  });

  it('ANA-09 makes a second job of a second submission', async () => {
    const { client, simulator } = await openAnalytics();

    const ids = [await client.submit(), await client.submit()];

    expect(new Set(ids).size).toBe(2);
    expect(simulator.exports).toHaveLength(2);
  });

  it('ANA-05 gives every record once over all pages, numbers beyond 2^53 with all their digits', async () => {
    const { client, simulator } = await openAnalytics();
    const id = await client.finished(range('2024-05-15', '2024-05-17'));

    const records = await client.records(id, 7);

    const text = (await client.pageReply(id)).text;
    expect(new Set(records.map((record) => record.id)).size).toBe(90);
    expect(text).toContain('"sequence":9007199254740995');
    const { texts } = simulator.expectedInteractions('2024-05-16');
    expect([...texts.values()].every((record) => text.includes(record))).toBe(true);
  });

  it.each([
    ['91 days', range('2024-01-01', '2024-03-31'), 'spans 91 days'],
    [
      'part of a day',
      { dateRange: { start: '2024-05-15T01:00:00.000Z', end: '2024-05-15T23:59:59.999Z' } },
      'whole UTC days',
    ],
    ['an end before the start', range('2024-05-15', '2024-05-13'), 'end has to be after'],
    ['a day that no calendar has', range('2023-02-29', '2023-03-01'), 'date of the calendar'],
    ['a column twice', { columns: ['id', 'id'] }, 'no column twice'],
    ['an unknown column', { columns: ['id', 'mood'] }, 'unknown column mood'],
    ['an unknown operator', { filters: filter('id', 'x', 'like') }, 'filters'],
    ['an unknown format', { format: 'parquet' }, 'format'],
  ])('ANA-02 refuses %s', async (_, changes, words) => {
    const { client } = await openAnalytics();

    const reply = await client.submitReply(exportOf(changes));

    expect(reply.status).toBe(400);
    expect(reply.text).toContain(words);
  });

  it('ANA-02 takes an or over three fields, and answers 504 to one over four at any depth', async () => {
    const { client } = await openAnalytics();
    const three = [filter('medium', 'voice'), filter('direction', 'inbound'), filter('queueId', 'queue-1')];
    const nested = { operator: 'and', filters: [...three.slice(1), filter('talkTime', 60, 'greaterThan')] };

    const taken = await client.submitReply(exportOf({ filters: { operator: 'or', filters: three } }));
    const refused = await client.submitReply(
      exportOf({ filters: { operator: 'or', filters: [three[0], nested] } }),
    );

    expect([taken.status, refused.status]).toEqual([201, 504]);
  });

  it('gives what passes the filters, and the columns asked for', async () => {
    const { client } = await openAnalytics();
    const filters = {
      operator: 'and',
      filters: [filter('medium', ['voice', 'chat'], 'in'), filter('direction', 'inbound')],
    };
    const id = await client.finished({ filters, columns: ['id', 'medium', 'direction', 'skill.name'] });

    const records = await client.records(id);

    expect(records.length).toBeGreaterThan(0);
    expect(records.every(({ medium, direction }) => medium !== 'email' && direction === 'inbound')).toBe(
      true,
    );
    expect(Object.keys(records[0] ?? {})).toEqual(['id', 'direction', 'medium', 'skill']);
  });

  it('ANA-06 gives a CSV file with a column a path', async () => {
    const { client, simulator } = await openAnalytics();
    const id = await client.finished({ format: 'csv', columns: ['id', 'skill.name', 'tags'] });

    const lines = (await client.pageReply(id)).text.split('\n');

    expect(lines[0]).toBe('id,skill.name,tags');
    expect(lines).toHaveLength(32);
    expect(simulator.exports[0]?.pages).toBe(1);
  });

  it('ANA-03 notes polls of a large export that come too soon', async () => {
    const { client, simulator } = await openAnalytics({ scenarios: ['interactions:500001'] });
    const id = await client.submit();

    const replies = [await client.statusReply(id), await client.wait(10).statusReply(id)];

    expect(replies.map(({ status }) => status)).toEqual([200, 429]);
    expect(simulator.violations).toMatchObject([{ rule: 'polled-too-soon' }]);
  });
});

describe('the scenarios of analytics exports', () => {
  const { shows, all } = shownScenarios(analyticsScenarios);
  const finished = async (...scenarios: string[]) => {
    const { client, simulator } = await openAnalytics({ scenarios });
    const id = await client.finished();
    return { id, client, simulator, expected: simulator.expectedInteractions('2024-05-15') };
  };
  const submitted = async (scenario: string, days: [string, string]) => {
    const { client } = await openAnalytics({ scenarios: [scenario] });
    return (await client.submitReply(exportOf(range(...days)))).status;
  };

  shows('interactions', 'settles how many there are', async () => {
    const { client, id } = await finished('interactions:4');
    expect(await client.records(id)).toHaveLength(4);
  });
  shows('interactions-repeated', 'gives some twice', async () => {
    const { client, id, expected } = await finished('interactions-repeated:5');
    expect(await client.records(id)).toHaveLength(35);
    expect(expected).toMatchObject({ records: 35, distinct: 30, repeated: 5 });
  });
  shows('interactions-outdated', 'gives an older record before the one that stands', async () => {
    const { client, id, expected } = await finished('interactions-outdated:3');
    const records = await client.records(id);
    const [first] = records;
    expect(expected).toMatchObject({ records: 33, distinct: 30, outdated: 3 });
    expect(String(first?.talkTime)).not.toBe(expected.rows.get(String(first?.id))?.talkTime);
  });
  shows('interactions-lacking', 'leaves keys out', async () => {
    const { client, id, expected } = await finished('interactions-lacking:6');
    const records = await client.records(id);
    expect(records.filter((record) => !('queueId' in record))).toHaveLength(6);
    expect(expected.lacking).toBe(6);
  });
  shows('interactions-early', 'begins with some that start before the range', async () => {
    const { client, id } = await finished('interactions-early:2');
    const records = await client.records(id);
    expect(records.filter(({ startTime }) => String(startTime) < '2024-05-15')).toHaveLength(2);
  });
  shows('interactions-shuffled', 'gives every record once, in another order', async () => {
    const { client, id, expected } = await finished('interactions-shuffled');
    const starts = (await client.records(id, 7)).map(({ startTime }) => String(startTime));
    expect(starts).not.toEqual(starts.toSorted());
    expect(new Set(starts).size).toBe(expected.distinct);
  });
  shows('new-fields', 'adds fields', async () => {
    const { client, id } = await finished('new-fields:2');
    const [record] = await client.records(id);
    expect(record?.added).toEqual({ field1: expect.any(String), field2: expect.any(String) });
  });
  shows('range-too-wide', 'answers 504 to more days', async () => {
    expect(await submitted('range-too-wide:2', ['2024-05-15', '2024-05-16'])).toBe(201);
    expect(await submitted('range-too-wide:2', ['2024-05-15', '2024-05-17'])).toBe(504);
  });
  shows('range-too-large', 'answers 400 to more days', async () => {
    expect(await submitted('range-too-large:2', ['2024-05-15', '2024-05-16'])).toBe(201);
    expect(await submitted('range-too-large:2', ['2024-05-15', '2024-05-17'])).toBe(400);
  });
  shows('malformed-page', 'gives JSON of another form', async () => {
    const { client, id } = await finished('malformed-page:1');
    const reply = await client.pageReply(id);
    expect(reply.status).toBe(200);
    expect(JSON.parse(reply.text)).not.toHaveProperty('data');
  });
  shows('cursor-repeats', 'names the same page again', async () => {
    const { client, id } = await finished('cursor-repeats:2');
    const first = await client.page(id, { pageSize: 10 });
    const second = await client.page(id, { pageSize: 10, token: first.nextPageToken ?? '' });
    expect(second.nextPageToken).toBe(first.nextPageToken);
  });
  shows('export-gone', 'forgets the export after its first page', async () => {
    const { client, id } = await finished('export-gone');
    const replies = [await client.pageReply(id), await client.pageReply(id), await client.statusReply(id)];
    expect(replies.map(({ status }) => status)).toEqual([200, 404, 404]);
  });
  shows('page-size', 'holds pages short', async () => {
    const { client, id } = await finished('page-size:8');
    expect((await client.page(id)).data).toHaveLength(8);
  });
  all();
});
