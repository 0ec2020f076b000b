import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { interactionScenarios } from '../../../local/cxone/scenarios/interaction-scenarios.ts';
import { shownScenarios } from './shown-scenarios.ts';
import { open as openSimulator, type SimulatorClient } from './simulator-client.ts';

const BASE = '/api/v2/interactions';
const DAY = { from: '2024-05-15T00:00:00.000Z', to: '2024-05-16T00:00:00.000Z' };

const Page = z.object({
  data: z.array(z.object({ id: z.string(), status: z.string(), updatedTime: z.string() })),
  pagination: z.object({ next_page: z.string().nullable() }),
});
const Details = z.looseObject({
  id: z.string(),
  updated_time: z.string(),
  custom_fields: z.array(z.object({ id: z.string(), value: z.string() })),
  media: z.array(z.looseObject({ id: z.string(), playback_url: z.string() })),
});

async function prepare(...scenarios: string[]) {
  const { simulator, client } = await openSimulator({ scenarios: ['closed-interactions:8', ...scenarios] });
  await client.authorise();
  return { simulator, client };
}

function query(client: SimulatorClient, changes: Record<string, unknown> = {}) {
  const filter = `status:closed AND updatedTime>=${DAY.from} AND updatedTime<${DAY.to}`;
  const body = {
    type: 'interaction',
    filter,
    orderBy: 'updatedTime desc',
    pageSize: 100,
    pageToken: null,
    ...changes,
  };
  return client.wait(1).send(`${BASE}/query`, {
    method: 'POST',
    headers: { authorization: `Bearer ${client.token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

async function listed(client: SimulatorClient, changes: Record<string, unknown> = {}) {
  return Page.parse(JSON.parse((await query(client, changes)).text));
}

const detail = (client: SimulatorClient, id: string) => client.wait(1).get(`${BASE}/${id}`);
const details = async (client: SimulatorClient, id: string) =>
  Details.parse(JSON.parse((await detail(client, id)).text));

function mark(client: SimulatorClient, id: string, field = 'archival_status') {
  return client.wait(1).send(`${BASE}/${id}/custom-fields/${field}`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${client.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ value: 'archived' }),
  });
}

/** Ids of the day from the first that closed to the last. */
async function ids(client: SimulatorClient): Promise<string[]> {
  return (await listed(client)).data.map(({ id }) => id).reverse();
}

describe('the interactions API', () => {
  it('ARC-01 lists closed interactions newest first, in pages', async () => {
    const { client } = await prepare();

    const whole = await listed(client);
    const first = await listed(client, { pageSize: 5 });
    const second = await listed(client, { pageSize: 5, pageToken: first.pagination.next_page });

    expect(whole.data).toHaveLength(8);
    expect([...first.data, ...second.data]).toEqual(whole.data);
    expect(second.pagination.next_page).toBeNull();
    const times = whole.data.map(({ updatedTime }) => updatedTime);
    expect(times).toEqual(times.toSorted().reverse());
  });

  it.each([
    [{ pageSize: 101 }],
    [{ orderBy: 'updatedTime asc' }],
    [{ type: 'contact' }],
    [{ filter: 'status:open' }],
    [{ filter: 'status:closed AND updatedTime>=2024-05-15' }],
    [{ pageToken: 'x' }],
    [{ more: 1 }],
  ])('refuses a query with %j', async (changes) => {
    const { client } = await prepare();

    expect((await query(client, changes)).status).toBe(400);
  });

  it('ARC-03 gives details with fields that nobody announced, and numbers that readers are known to change', async () => {
    const { client } = await prepare();
    const [id = ''] = await ids(client);

    const { text } = await detail(client, id);

    expect(Details.parse(JSON.parse(text)).id).toBe(id);
    expect(text).toMatch(/"reference":90071992547409931\d,"weight":\d\.50/);
  });

  it('ARC-06 writes the custom field of closed interactions, with 200 or 204, and moves their updated time', async () => {
    const { client, simulator } = await prepare();
    const all = await ids(client);

    const statuses = [];
    for (const id of all) statuses.push((await mark(client, id)).status);

    expect(new Set(statuses)).toEqual(new Set([200, 204]));
    const [id = ''] = all;
    const after = await details(client, id);
    expect(after.custom_fields).toEqual([{ id: 'archival_status', value: 'archived' }]);
    expect(after.updated_time > DAY.to).toBe(true);
    expect(simulator.interaction(id)?.archivalStatus).toBe('archived');
    expect((await listed(client)).data).toEqual([]);
    expect((await mark(client, id, 'another')).status).toBe(400);
    expect((await mark(client, 'no-such')).status).toBe(404);
  });

  it('ARC-02 answers 429 to the eleventh call in a second, and notes it', async () => {
    const { client, simulator } = await prepare();
    const [id = ''] = await ids(client);
    client.wait(5);

    const statuses = [];
    for (let call = 0; call < 11; call += 1) statuses.push((await client.get(`${BASE}/${id}`)).status);

    expect(statuses).toEqual([...Array(10).fill(200), 429]);
    expect(simulator.violations.map(({ rule }) => rule)).toEqual(['rate-exceeded']);
  });

  it('ARC-09 serves media on another origin, and notes a token that comes there', async () => {
    const { client, simulator } = await prepare();
    const urls = [];
    for (const id of await ids(client))
      urls.push(...(await details(client, id)).media.map((one) => one.playback_url));
    const [url = ''] = urls;

    const plain = await fetch(url);
    const again = await fetch(url);
    await fetch(url, { headers: { authorization: `Bearer ${client.token}` } });

    expect(new URL(url).origin).toBe(simulator.downloadUrl);
    expect([plain.status, await plain.text()]).toEqual([200, await again.text()]);
    expect(simulator.violations.map(({ rule }) => rule)).toEqual(['bearer-on-foreign-host']);
  });
});

describe('the scenarios of interactions', () => {
  const { shows, all } = shownScenarios(interactionScenarios);

  shows('closed-interactions', 'settles how many close on a day', async () => {
    const { client } = await prepare('closed-interactions:3');

    expect((await listed(client)).data).toHaveLength(3);
  });

  shows('closed-at-once', 'gives some one and the same updated time', async () => {
    const { client } = await prepare('closed-at-once:5');

    const times = (await listed(client)).data.map(({ updatedTime }) => updatedTime);

    expect(new Set(times).size).toBe(4);
  });

  shows(
    'closed-move',
    'moves one to the top with every page, so that the next page repeats one',
    async () => {
      const { client } = await prepare('closed-move');
      const first = await listed(client, { pageSize: 4 });

      const again = await listed(client);

      expect(again.data).toHaveLength(7);
      expect(first.data.length).toBe(4);
    },
  );

  shows('closed-more', 'closes one more with every page', async () => {
    const { client } = await prepare('closed-more');
    const filter = `status:closed AND updatedTime>=${DAY.from}`;
    const before = (await listed(client, { filter })).data.length;

    expect((await listed(client, { filter })).data.length).toBe(before + 1);
  });

  shows('closed-deleted', 'deletes one with every page, so that the next page skips one', async () => {
    const { client } = await prepare('closed-deleted');
    const first = await listed(client, { pageSize: 4 });

    const second = await listed(client, { pageSize: 4, pageToken: first.pagination.next_page });

    expect(second.data.length).toBeLessThan(5);
    expect((await listed(client)).data.length).toBe(6);
  });

  shows('interaction-missing', 'answers 404 to a day’s first', async () => {
    const { client } = await prepare('interaction-missing:2');
    const all = await ids(client);

    expect(
      [await detail(client, all[1] ?? ''), await detail(client, all[2] ?? '')].map(({ status }) => status),
    ).toEqual([404, 200]);
  });

  shows('interaction-restricted', 'answers 403 to a day’s first', async () => {
    const { client } = await prepare('interaction-restricted');
    const [first = ''] = await ids(client);

    const answer = await detail(client, first);

    expect([answer.status, JSON.parse(answer.text)]).toMatchObject([403, { errorCode: 'RESTRICTED' }]);
  });

  shows('interaction-broken', 'answers 500 to a day’s first, every time', async () => {
    const { client } = await prepare('interaction-broken');
    const [first = ''] = await ids(client);

    expect([(await detail(client, first)).status, (await detail(client, first)).status]).toEqual([500, 500]);
  });

  shows('custom-field-missing', 'answers 400 to writes of the field', async () => {
    const { client } = await prepare('custom-field-missing');
    const [first = ''] = await ids(client);

    expect((await mark(client, first)).status).toBe(400);
  });

  shows('custom-field-read-only', 'answers 403 to writes of the field', async () => {
    const { client } = await prepare('custom-field-read-only');
    const [first = ''] = await ids(client);

    expect((await mark(client, first)).status).toBe(403);
  });

  shows('custom-field-quiet', 'leaves the updated time where it is', async () => {
    const { client } = await prepare('custom-field-quiet');
    const before = await listed(client);

    await mark(client, before.data[0]?.id ?? '');

    expect(await listed(client)).toEqual(before);
  });

  const statusesOfMedia = async (scenario: string) => {
    const { client } = await prepare(scenario);
    const statuses = [];
    for (const id of await ids(client))
      for (const { playback_url } of (await details(client, id)).media)
        statuses.push((await fetch(playback_url)).status);
    return new Set(statuses);
  };

  shows('media-missing', 'answers 404 to some media', async () => {
    expect(await statusesOfMedia('media-missing')).toEqual(new Set([404, 200]));
  });

  shows('media-expired', 'answers 410 to some media', async () => {
    expect(await statusesOfMedia('media-expired')).toEqual(new Set([410, 200]));
  });

  shows('media-forbidden', 'answers 403 to some media', async () => {
    expect(await statusesOfMedia('media-forbidden')).toEqual(new Set([403, 200]));
  });

  all();
});
