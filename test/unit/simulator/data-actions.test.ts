import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  type Simulator,
  type SimulatorOptions,
  startSimulator,
  usualCredentials,
} from '../../../local/cxone/index.ts';
import { actionScenarios } from '../../../local/cxone/scenarios/action-scenarios.ts';
import { shownScenarios } from './shown-scenarios.ts';

const started: Simulator[] = [];
afterAll(async () => {
  for (const simulator of started) await simulator.stop();
});

const Page = z.object({
  entities: z.array(z.looseObject({ id: z.string(), name: z.string(), version: z.number().optional() })),
  total: z.number(),
  page: z.number(),
  pageSize: z.number(),
});
const Action = z.looseObject({
  id: z.string(),
  version: z.number().optional(),
  configuration: z.looseObject({ revision: z.number(), dateProcessing: z.looseObject({}).optional() }),
});
const BASE = '/api/v2/dataactions';
const PROCESSING = {
  sourceField: 'a',
  targetField: 'b',
  computedValue: '2024-02-29T17:30:00.000Z',
  timezone: 'America/New_York',
  dstAdjustment: true,
  precision: 3,
};

async function open(options: SimulatorOptions = {}) {
  const simulator = await startSimulator(options);
  started.push(simulator);
  const granted = await fetch(`${simulator.url}/api/v2/oauth2/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: usualCredentials.clientId,
      client_secret: usualCredentials.clientSecret,
    }),
  });
  const { access_token: token } = z.object({ access_token: z.string() }).parse(await granted.json());
  const call = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(`${simulator.url}${BASE}${path}`, {
      ...init,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    });
    return { status: response.status, text: await response.text() };
  };
  const list = async (query: string) => Page.parse(JSON.parse((await call(`?${query}`)).text));
  const idOf = (number: number) => simulator.actions[number - 1]?.id ?? '';
  const read = (number: number) => call(`/${idOf(number)}`);
  const put = (number: number, text: string) => call(`/${idOf(number)}`, { method: 'PUT', body: text });
  /** Writes the action back with our values in `dateProcessing`, and what else is given. */
  const write = async (number: number, processing: object = PROCESSING) => {
    const action = Action.parse(JSON.parse((await read(number)).text));
    action.configuration.dateProcessing = processing as Record<string, unknown>;
    return put(number, JSON.stringify(action));
  };
  return { simulator, call, list, read, put, write, idOf };
}

describe('data actions', () => {
  it('are listed by pages that count from 1, with the filter as a hint', async () => {
    const { list, call } = await open({ scenarios: ['actions:57'] });

    const pages = [await list('pageSize=25&page=1'), await list('pageSize=25&page=3')];
    const named = await list('pageSize=25&page=1&filter=name=Date_Action_00007');
    const zero = await call('?pageSize=25&page=0');

    expect(pages.map(({ entities, total }) => [entities.length, total])).toEqual([
      [25, 57],
      [7, 57],
    ]);
    expect(named).toMatchObject({ entities: [{ name: 'Date_Action_00007' }], total: 1 });
    expect(zero.status).toBe(400);
  });

  it('are replaced as a whole: what is not sent is lost', async () => {
    const { simulator, put, read } = await open();
    const { id, name, type, enabled, version } = JSON.parse((await read(1)).text);

    const written = await put(1, JSON.stringify({ id, name, type, enabled, version, configuration: {} }));

    expect(written.status).toBe(200);
    expect(JSON.parse(simulator.actions[0]?.text ?? '')).toEqual({
      id,
      name,
      type,
      enabled,
      version: version + 1,
      configuration: {},
    });
  });

  it('that have a version answer 409 to an old copy; those without take it', async () => {
    const { read, put, write } = await open();
    const [odd, even] = [(await read(1)).text, (await read(2)).text];
    await write(1);
    await write(2);

    const answers = [await put(1, odd), await put(2, even)];

    expect(answers.map(({ status }) => status)).toEqual([409, 200]);
  });

  it.each([
    ['microseconds', { computedValue: '2024-02-29T17:30:00.000000Z' }],
    ['a day of no calendar', { computedValue: '2023-02-29T17:30:00.000Z' }],
    ['a local time', { computedValue: '2024-02-29T17:30:00.000-05:00' }],
    ['an unknown zone', { timezone: 'Mars/Olympus' }],
    ['a precision of microseconds', { precision: 6 }],
    ['a local value that is labelled Z', { localValue: '2024-02-29T12:30:00.000Z' }],
  ])('refuse %s', async (_, wrong) => {
    const { write, simulator } = await open();

    const answer = await write(1, { ...PROCESSING, ...wrong });

    expect(answer.status).toBe(400);
    expect(simulator.actions[0]?.writes).toBe(0);
  });

  it('that are unknown, or meant under another id, are answered so', async () => {
    const { call, put, read } = await open();

    const answers = [await call('/nobody'), await put(3, (await read(1)).text)];

    expect(answers.map(({ status }) => status)).toEqual([404, 400]);
  });
});

describe('scenarios of data actions', () => {
  const { shows, all } = shownScenarios(actionScenarios);

  shows('actions', 'makes so many', async () => {
    const { list } = await open({ scenarios: ['actions:3'] });

    expect((await list('page=1')).total).toBe(3);
  });

  shows('action-versions', 'gives each a version', async () => {
    const { list } = await open({ scenarios: ['action-versions'] });

    expect((await list('page=1')).entities.every(({ version }) => version !== undefined)).toBe(true);
  });

  shows('no-action-versions', 'gives none a version', async () => {
    const { list } = await open({ scenarios: ['no-action-versions'] });

    expect((await list('page=1')).entities.every(({ version }) => version === undefined)).toBe(true);
  });

  shows('action-filter-ignored', 'lists all whatever name is asked for', async () => {
    const { list } = await open({ scenarios: ['action-filter-ignored'] });

    expect((await list('page=1&filter=name=Date_Action_00007')).total).toBe(57);
  });

  shows('action-pages-small', 'lists fewer a page than asked for', async () => {
    const { list } = await open({ scenarios: ['action-pages-small:5'] });

    expect(await list('page=2&pageSize=25')).toMatchObject({ entities: { length: 5 }, pageSize: 5 });
  });

  shows('action-created', 'makes one more with the first page', async () => {
    const { list } = await open({ scenarios: ['action-created'] });

    const totals = [(await list('page=1')).total, (await list('page=1')).total, (await list('page=1')).total];

    expect(totals).toEqual([57, 58, 58]);
  });

  shows('action-twice', 'has two of one name', async () => {
    const { list } = await open({ scenarios: ['action-twice'] });

    expect((await list('page=1&filter=name=Date_Action_00001')).entities).toHaveLength(2);
  });

  shows('action-gone', 'lists the first and does not know it', async () => {
    const { read, list } = await open({ scenarios: ['action-gone'] });

    expect([(await list('page=1')).total, (await read(1)).status, (await read(2)).status]).toEqual([
      57, 404, 200,
    ]);
  });

  shows('action-broken', 'answers 500 about the first', async () => {
    const { read } = await open({ scenarios: ['action-broken'] });

    expect([(await read(1)).status, (await read(2)).status]).toEqual([500, 200]);
  });

  shows('action-refused', 'answers 422 to writes of the first', async () => {
    const { write } = await open({ scenarios: ['action-refused'] });

    expect([(await write(1)).status, (await write(2)).status]).toEqual([422, 200]);
  });

  shows('second-writer', 'changes a field once, right after the first reading', async () => {
    const { read } = await open({ scenarios: ['second-writer:1'] });

    const seen = [await read(1), await read(1), await read(1)].map(
      ({ text }) => Action.parse(JSON.parse(text)).configuration.revision,
    );

    expect(seen).toEqual([0, 1, 1]);
  });

  shows('late-writer', 'changes a field once, right after the write', async () => {
    const { write, read } = await open({ scenarios: ['late-writer:1'] });

    const stored = Action.parse(JSON.parse((await write(1)).text));

    expect(stored.configuration.revision).toBe(0);
    expect(Action.parse(JSON.parse((await read(1)).text)).configuration).toMatchObject({
      revision: 1,
      dateProcessing: PROCESSING,
    });
  });

  shows('stale-writer', 'puts the old copy back once, right after the write', async () => {
    const { write, read } = await open({ scenarios: ['stale-writer:1'] });
    const before = Action.parse(JSON.parse((await read(1)).text));

    await write(1);

    const after = Action.parse(JSON.parse((await read(1)).text));
    expect(after.configuration).toEqual(before.configuration);
    expect(after.version).toBe((before.version ?? 0) + 2);
  });

  shows('restless-writer', 'changes again and again', async () => {
    const { read } = await open({ scenarios: ['second-writer:1', 'restless-writer:3'] });

    const seen = [];
    for (let time = 0; time < 5; time++)
      seen.push(Action.parse(JSON.parse((await read(1)).text)).configuration.revision);

    expect(seen).toEqual([0, 1, 2, 3, 3]);
  });

  shows('action-lossy', 'answers well and loses a field', async () => {
    const { write } = await open({ scenarios: ['action-lossy'] });

    const { status, text } = await write(1);

    expect([status, JSON.parse(text).configuration.note]).toEqual([200, undefined]);
  });

  shows('action-blocked', 'answers everything with a page of 403', async () => {
    const { read, list } = await open({ scenarios: ['action-blocked'] });
    await list('page=1');

    const answers = [await read(1), await read(1)];

    expect(answers.map(({ status, text }) => [status, text.startsWith('<')])).toEqual(
      Array(2).fill([403, true]),
    );
  });

  shows('lost-write', 'carries the write out and resets the connection', async () => {
    const { write, simulator } = await open({ scenarios: ['lost-write'] });

    await expect(write(1)).rejects.toThrow();

    expect(simulator.actions[0]?.writes).toBe(1);
  });

  all();
});
