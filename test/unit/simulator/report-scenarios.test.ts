import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Simulator } from '../../../local/cxone/index.ts';
import { reportScenarios } from '../../../local/cxone/scenarios/report-scenarios.ts';
import { shownScenarios } from './shown-scenarios.ts';
import { day, open, type SimulatorClient } from './simulator-client.ts';

const REPORT = 'agent-performance';
const PATH = '/v2/reports/execute';
const Page = z.object({
  data: z.array(z.record(z.string(), z.unknown())),
  nextPageToken: z.string().nullable(),
  totalRecords: z.number().optional(),
});
type Page = z.infer<typeof Page>;

interface Asked {
  parameters?: Record<string, unknown>;
  pageSize?: number;
  nextPageToken?: string;
}

function order({ parameters, ...changes }: Asked = {}) {
  const range = { startDate: `${day}T00:00:00.000Z`, endDate: '2024-05-16T00:00:00Z', timezone: 'UTC' };
  return JSON.stringify({
    reportId: REPORT,
    parameters: { ...range, ...parameters },
    format: 'JSON',
    pageSize: 50,
    nextPageToken: null,
    ...changes,
  });
}

async function prepare(...scenarios: string[]): Promise<{ simulator: Simulator; client: SimulatorClient }> {
  const opened = await open({ scenarios });
  await opened.client.authorise();
  return opened;
}

async function ask(client: SimulatorClient, asked: Asked = {}): Promise<Page> {
  return Page.parse(JSON.parse((await client.post(PATH, order(asked))).text));
}

/** All pages of a query. */
async function pagesOf(client: SimulatorClient, asked: Asked = {}): Promise<Page[]> {
  const pages = [await ask(client, asked)];
  for (let next = pages[0]?.nextPageToken; next; next = pages.at(-1)?.nextPageToken)
    pages.push(await ask(client, { ...asked, nextPageToken: next }));
  return pages;
}

const rowsOf = (pages: readonly Page[]) => pages.flatMap(({ data }) => data);

describe('a report', () => {
  it('comes in pages of the size that is asked for, with the total on the first', async () => {
    const { simulator, client } = await prepare();

    const pages = await pagesOf(client);

    expect(pages.map(({ data }) => data.length)).toEqual([50, 50, 20]);
    expect(pages.map(({ totalRecords }) => totalRecords)).toEqual([120, undefined, undefined]);
    expect(rowsOf(pages)).toEqual(simulator.expectedReport(day, { reportId: REPORT }));
  });

  it('gives each row once, however the range is split', async () => {
    const { client } = await prepare();
    const noon = `${day}T12:00:00.000Z`;

    const whole = await pagesOf(client);
    const morning = await pagesOf(client, { parameters: { endDate: noon } });
    const evening = await pagesOf(client, { parameters: { startDate: noon } });

    expect(rowsOf([...morning, ...evening])).toEqual(rowsOf(whole));
  });

  it('of a day sums up what lies in the range: a part of the day has other rows', async () => {
    const { simulator, client } = await prepare();
    const daily = { interval: 'daily' };

    const whole = await pagesOf(client, { parameters: daily });
    const part = await pagesOf(client, { parameters: { ...daily, endDate: `${day}T12:00:00.000Z` } });

    expect(rowsOf(whole)).toEqual(simulator.expectedReport(day, { reportId: REPORT, interval: 'daily' }));
    expect(rowsOf(whole)).toHaveLength(5);
    expect(rowsOf(part)[0]).not.toEqual(rowsOf(whole)[0]);
  });

  it('of another time zone has local timestamps, a doubled hour in autumn among them', async () => {
    const { client } = await prepare();
    const autumn = {
      startDate: '2024-11-03T05:00:00Z',
      endDate: '2024-11-03T07:00:00Z',
      timezone: 'America/New_York',
    };

    const rows = rowsOf(await pagesOf(client, { parameters: autumn }));

    const starts = rows.map(({ interval }) => z.object({ startTime: z.string() }).parse(interval).startTime);
    expect([...new Set(starts)]).toEqual(['2024-11-03T01:00:00.000']);
    expect(starts).toHaveLength(10);
  });

  it('refuses a request that is not in order, with every problem', async () => {
    const { client } = await prepare();

    const reply = await client.post(
      PATH,
      order({
        pageSize: 1_001,
        parameters: { startDate: '2024-05-15T00:00:00.123456Z', timezone: 'Mars/Base' },
      }),
    );

    expect(reply.status).toBe(400);
    for (const path of ['pageSize', 'parameters.startDate', 'parameters.timezone'])
      expect(reply.text).toContain(path);
  });

  it('refuses a cursor of another query, and a token without the scope', async () => {
    const { client } = await prepare();
    const { nextPageToken } = await ask(client);
    const other = { endDate: `${day}T12:00:00.000Z` };

    const foreign = await client.post(PATH, order({ nextPageToken: nextPageToken ?? '', parameters: other }));
    const unscoped = await prepare('scope-missing:data:reporting:read');
    const refused = await unscoped.client.post(PATH, order());

    expect([foreign.status, refused.status]).toEqual([400, 403]);
  });
});

describe('the scenarios of reports', () => {
  const { shows, all } = shownScenarios(reportScenarios);

  shows('report-rows', 'gives so many rows in every interval', async () => {
    const { client } = await prepare('report-rows:7');
    expect(rowsOf(await pagesOf(client))).toHaveLength(168);
  });

  shows('report-closed', 'has no rows from that hour on', async () => {
    const { client } = await prepare('report-closed:18');
    expect(rowsOf(await pagesOf(client))).toHaveLength(90);
  });

  shows('report-empty', 'has a total of 0', async () => {
    const { client } = await prepare('report-empty');
    expect(await ask(client)).toEqual({ data: [], nextPageToken: null, totalRecords: 0 });
  });

  shows('report-truncated', 'cuts the first query in the middle of a page, and not the second', async () => {
    const { client } = await prepare('report-truncated:70');
    const [first, second] = [await pagesOf(client), await pagesOf(client)];
    expect(first.map(({ data }) => data.length)).toEqual([50, 20]);
    expect([first[0]?.totalRecords, first[1]?.nextPageToken]).toEqual([120, null]);
    expect(rowsOf(second)).toHaveLength(120);
  });

  shows('report-truncated-large-pages', 'cuts queries while their pages are large', async () => {
    const { client } = await prepare('report-truncated-large-pages:70');
    const large = await pagesOf(client, { pageSize: 126 });
    const small = await pagesOf(client, { pageSize: 125 });
    expect([rowsOf(large).length, rowsOf(small).length]).toEqual([70, 120]);
  });

  shows('report-truncated-long', 'cuts queries while their range is long', async () => {
    const { client } = await prepare('report-truncated-long:3');
    const short = await pagesOf(client, { parameters: { endDate: `${day}T03:00:00.000Z` } });
    expect([rowsOf(await pagesOf(client)).length, rowsOf(short).length]).toEqual([7, 15]);
  });

  shows('report-truncated-always', 'cuts every query', async () => {
    const { client } = await prepare('report-truncated-always:3');
    const lengths = [rowsOf(await pagesOf(client)).length, rowsOf(await pagesOf(client)).length];
    expect(lengths).toEqual([3, 3]);
  });

  shows('report-total-missing', 'says no total', async () => {
    const { client } = await prepare('report-total-missing');
    expect((await ask(client)).totalRecords).toBeUndefined();
  });

  shows('report-total-stale', 'says half of what comes', async () => {
    const { client } = await prepare('report-total-stale');
    expect((await ask(client)).totalRecords).toBe(60);
  });

  shows('report-total-growing', 'says more from page to page', async () => {
    const { client } = await prepare('report-total-growing');
    const pages = await pagesOf(client);
    expect(pages.map(({ totalRecords }) => totalRecords)).toEqual([51, 101, 120]);
  });

  shows('report-total-too-high', 'says more than there are', async () => {
    const { client } = await prepare('report-total-too-high');
    expect((await ask(client)).totalRecords).toBe(123);
  });

  shows('report-local-time', 'has timestamps without an offset', async () => {
    const { client } = await prepare('report-local-time:Asia/Kolkata');
    const [row] = (await ask(client)).data;
    expect(row?.interval).toMatchObject({ startTime: `${day}T05:30:00.000` });
  });

  shows('report-new-metrics', 'has metrics that nobody knows', async () => {
    const { client } = await prepare('report-new-metrics:2');
    const [row] = (await ask(client)).data;
    expect(row?.metric).toMatchObject({ added1: { count: 0 }, added2: { count: 1 } });
  });

  shows('report-renamed', 'calls a field by another name', async () => {
    const { client } = await prepare('report-renamed');
    const calls = z.object({ calls: z.object({ handled: z.number() }) });
    const [row] = (await ask(client)).data;
    expect(calls.safeParse(row?.metric).success).toBe(true);
    expect(JSON.stringify(row)).not.toContain('answered');
  });

  shows('report-nulls', 'spells null in four ways', async () => {
    const { client } = await prepare('report-nulls');
    const { data } = await ask(client);
    const spellings = data.slice(0, 5).map((row) => ('comment' in row ? row.comment : 'absent'));
    expect(new Set(spellings)).toEqual(new Set([null, '', 'N/A', 'absent', 'as usual']));
  });

  shows('report-never', 'has no comment at all', async () => {
    const { client } = await prepare('report-never');
    const rows = rowsOf(await pagesOf(client));
    const spellings = rows.map((row) => ('comment' in row ? row.comment : 'absent'));
    expect(new Set(spellings)).toEqual(new Set([null, '', 'N/A', 'absent']));
  });

  shows('report-revised', 'has corrected a row of a day and found a late one', async () => {
    const { simulator, client } = await prepare();
    const before = rowsOf(await pagesOf(client));
    simulator.use(['report-revised']);
    const after = rowsOf(await pagesOf(client));
    const known = new Set(before.map((row) => JSON.stringify(row)));
    expect(after).toHaveLength(121);
    expect(after.filter((row) => !known.has(JSON.stringify(row)))).toHaveLength(2);
  });

  all();
});
