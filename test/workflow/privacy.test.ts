import { createHmac } from 'node:crypto';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { DEFAULT_ANALYTICS_COLUMNS } from '../../lambdas/model/analytics-pipeline.ts';
import { Examination } from '../../lambdas/model/doctor.ts';
import type { Night } from '../support/night.ts';
import { prepareNights } from '../support/night.ts';
import { currentOf, generationsOf } from '../support/night-findings.ts';
import { hearNotices } from '../support/night-snapshot.ts';
import {
  csvValues,
  findingsOf,
  jsonValues,
  rawTexts,
  type Traces,
  tracesOf,
} from '../support/night-traces.ts';
import { QUEUES, reportSettings, SKILLS } from '../support/report-night.ts';
import { openReceiver } from '../support/webhook-receiver.ts';
import { shippedMapping } from '../template/synthesised.ts';

const KEY = Buffer.alloc(32, 'the key of the tenant');
const OTHER_KEY = Buffer.alloc(32, 'a key of somebody else');
const VERSION = 'of-2026';

/** A mapping that ships, with what becomes of some of its columns, and other types of some. */
function withPrivacy(name: string, privacy: Record<string, string>, types: Record<string, string> = {}) {
  const mapping = shippedMapping(name);
  const columns = mapping.columns.map((column) => {
    const [becomes, type] = [privacy[String(column.column)], types[String(column.column)]];
    return { ...column, ...(becomes ? { privacy: becomes } : {}), ...(type ? { type } : {}) };
  });
  return { ...mapping, columns };
}

const REPORT = { skill_name: 'hash', comment: 'drop', tags: 'mask' };
const receiver = await openReceiver();
const nights = await prepareNights({
  mappings: {
    'private-cdr.v1': withPrivacy('cdr.v1', {
      agent_name: 'drop',
      customer_number: 'hash',
      agent_number: 'hash',
      queue_name: 'mask',
    }),
    'private-interactions.v1': withPrivacy('interactions.v1', {
      interaction_id: 'hash',
      agent_id: 'hash',
      skill_name: 'drop',
      customer_number: 'mask',
    }),
    'private-report.v1': withPrivacy('report-skill-performance.v1', REPORT),
    // Every row of it is a reject: none of its skills is a number.
    'mistaken-report.v1': withPrivacy('report-skill-performance.v1', REPORT, { skill_id: 'integer' }),
  },
  hashKeys: { earlier: Buffer.alloc(32, 7).toString('base64'), [VERSION]: KEY.toString('base64') },
  simulator: { rows: 120, parts: 2 },
  cdr: {
    mapping: 'private-cdr.v1',
    outputs: ['parquet', 'csv', 'jsonl'],
    thresholds: { rejects: 0.5, outsideWindow: 0.5 },
  },
  pipelines: {
    analytics: {
      mapping: 'private-interactions.v1',
      pageSize: 25,
      columns: [...DEFAULT_ANALYTICS_COLUMNS, 'skill.id', 'skill.name', 'customer.number'],
      outputs: ['parquet', 'csv', 'jsonl'],
    },
    reports: {
      reports: [
        reportSettings(SKILLS, { mapping: 'private-report.v1', outputs: ['parquet', 'csv', 'jsonl'] }),
        reportSettings(QUEUES, { mapping: 'mistaken-report.v1' }),
      ],
    },
  },
  webhook: {
    url: receiver.url,
    certificateAuthority: receiver.certificateAuthority,
    networks: ['127.0.0.0/8'],
    records: ['cdr', 'interactions', SKILLS],
  },
});
afterAll(async () => {
  await nights.close();
  await receiver.close();
});
afterEach(() => receiver.forget());

/** Too short to be anybody's, and found by chance: part of a digest or of a number. */
const SHORTEST_VALUE = 8;

/** Everything that the night has left but raw data, what it told others among it. */
async function everythingSaid(night: Night, notices: () => Promise<string[]>): Promise<Map<string, string>> {
  const said = new Map(await tracesOf(night));
  for (const [index, notice] of (await notices()).entries()) said.set(`notice ${index}`, notice);
  for (const [index, { body }] of receiver.posts.entries()) said.set(`webhook ${index}`, body);
  return said;
}

/** Kinds of places that have been searched: a search of nothing finds nothing. */
function kindsOf(said: Traces): Set<string> {
  return new Set([...said.keys()].map((place) => /^[a-z]+/.exec(place)?.[0] ?? place));
}

/** The values of raw data are there, and are found nowhere else; those of a column that is kept are. */
function expectKept(
  { kept, values }: { kept: string | undefined; values: ReadonlyMap<string, ReadonlySet<string>> },
  said: Traces,
): void {
  expect(kept && findingsOf(kept, said).length, 'what is kept is found').toBeGreaterThan(0);
  for (const [column, originals] of values) {
    const personal = [...originals].filter((value) => value.length >= SHORTEST_VALUE);
    expect(personal.length, `raw data has values of ${column}`).toBeGreaterThan(2);
    for (const value of personal)
      expect({ column, found: findingsOf(value, said) }).toEqual({ column, found: [] });
  }
}

const hashed = (value: string) => createHmac('sha256', KEY).update(value).digest('hex');
const lakeText = (said: Traces, kind = 'lake') =>
  [...said].flatMap(([place, text]) => (place.startsWith(`${kind}/`) ? [text] : [])).join('\n');

const SEARCHED = ['catalog', 'current', 'export', 'history', 'lake', 'ledger', 'logs', 'runs', 'webhook'];

describe('ALL-19 columns that are dropped, hashed and masked', () => {
  it('ALL-19 leave no value of call detail records outside raw data', async () => {
    const scenarios = ['rejects:6', 'superseded:5', 'duplicates:4', 'wrong-width:3', 'drift:1'];
    const night = await nights.open({ scenarios });
    const notices = hearNotices(night);
    const day = night.day();

    const loaded = await night.run();
    const replayed = await night.run({ date: day, replay: true });
    const beside = await night.run({
      date: day,
      columns: ['CallId', 'StartTime', 'AgentName', 'CustomerNumber'],
    });

    const said = await everythingSaid(night, notices);
    const raw = await rawTexts(night, 'cdr');
    const [kept] = (await csvValues(night, raw, ['CallId'])).get('CallId') ?? [];
    const values = await csvValues(night, raw, ['AgentName', 'CustomerNumber', 'QueueName']);
    const numbers = [...(values.get('CustomerNumber') ?? [])];
    const lake = lakeText(said);
    expect([loaded.status, replayed.status, beside.status]).toEqual(['SUCCEEDED', 'SUCCEEDED', 'SUCCEEDED']);
    expect([...kindsOf(said)]).toEqual(expect.arrayContaining([...SEARCHED, 'adhoc', 'quarantine', 'audit']));
    expectKept({ kept, values }, said);
    expect(numbers.filter((number) => lake.includes(hashed(number))).length).toBeGreaterThan(50);
    expect(await generationsOf(night, day), 'a replay hashes alike').toHaveLength(1);
    expect(JSON.stringify(await currentOf(night, day))).toContain(`"hashKey":"${VERSION}"`);
    expect(findingsOf(KEY.toString('base64'), said)).toEqual([]);
    await night.close();
  });

  it('ALL-19 leave no value of interactions outside raw data', async () => {
    const night = await nights.open({
      pipeline: 'analytics-export',
      scenarios: ['interactions:60', 'interactions-repeated:3', 'interactions-outdated:3', 'new-fields:1'],
    });
    const notices = hearNotices(night);

    const { status } = await night.run();

    const said = await everythingSaid(night, notices);
    const raw = await rawTexts(night, 'interactions');
    const [kept] = jsonValues(raw, ['queueId']).get('queueId') ?? [];
    const values = jsonValues(raw, ['id', 'agentId', 'skill.name', 'customer.number']);
    const [id = ''] = values.get('id') ?? [];
    expect(status).toBe('SUCCEEDED');
    expect([...kindsOf(said)]).toEqual(expect.arrayContaining([...SEARCHED, 'quarantine']));
    expectKept({ kept, values }, said);
    expect(lakeText(said)).toContain(hashed(id));
    expect(findingsOf(KEY.toString('base64'), said)).toEqual([]);
    await night.close();
  });

  it('ALL-19 leave no value of reports outside raw data, also where every row is a reject and the window stops', async () => {
    const night = await nights.open({ pipeline: 'report-sync', scenarios: ['report-rows:12'] });
    const notices = hearNotices(night);

    const { status, error } = await night.run();

    const said = await everythingSaid(night, notices);
    const raw = [...(await rawTexts(night, SKILLS)), ...(await rawTexts(night, QUEUES))];
    const [kept] = jsonValues(raw, ['skill.id']).get('skill.id') ?? [];
    const values = jsonValues(raw, ['skill.name', 'comment', 'tags']);
    const [name = ''] = values.get('skill.name') ?? [];
    expect([status, error]).toEqual(['FAILED', 'WindowsFailed']);
    expect([...kindsOf(said)]).toEqual(expect.arrayContaining([...SEARCHED, 'quarantine', 'notice']));
    expectKept({ kept, values }, said);
    expect([lakeText(said), lakeText(said, 'quarantine')]).toEqual([
      expect.stringContaining(hashed(name)),
      expect.stringContaining(hashed(name)),
    ]);
    await night.close();
  });
});

describe('ALL-19 a hash key', () => {
  it('ALL-19 that changed under its version stops the window, writes nothing, and goes on when it is back', async () => {
    const night = await nights.open();
    const { secrets } = night.platform.aws;
    const day = night.day();
    const before = secrets.value('hash/acme', {}).value;
    await night.run();
    const committed = await generationsOf(night, day);
    secrets.put('hash/acme', JSON.stringify({ keys: { [VERSION]: OTHER_KEY.toString('base64') } }));

    const examined = await night.operate({ doctor: {} });
    const stopped = await night.run({ date: day, refresh: true });
    const between = await generationsOf(night, day);
    secrets.put('hash/acme', before);
    const goesOn = await night.redrive(stopped.run);

    const said = await tracesOf(night);
    expect(Examination.parse(JSON.parse(examined.output ?? '')).findings).toContainEqual(
      expect.objectContaining({ check: 'hashKey', state: 'failed', error: 'HashKeyChanged' }),
    );
    expect([stopped.error, between]).toEqual(['WindowsFailed', committed]);
    expect(stopped.cause).toContain('HashKeyChanged');
    expect(goesOn.status).toBe('SUCCEEDED');
    expect(await generationsOf(night, day)).toEqual(committed);
    expect(findingsOf(OTHER_KEY.toString('base64'), said)).toEqual([]);
    await night.close();
  });

  it('ALL-19 that is not in the secret is an error that names the secret and the version', async () => {
    const night = await nights.open();
    night.platform.aws.secrets.put('hash/acme', JSON.stringify({ keys: {} }));

    const { error, cause } = await night.run();

    expect(error).toBe('WindowsFailed');
    expect(cause).toContain('HashKeyMissing');
    expect(await generationsOf(night, night.day())).toEqual([]);
    await night.close();
  });
});
