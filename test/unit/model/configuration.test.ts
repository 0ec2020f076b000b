import { describe, expect, it } from 'vitest';
import { Configuration } from '../../../lambdas/model/configuration.ts';
import { FamilyName, resolveFamily } from '../../../lambdas/model/families.ts';
import { DEFAULT_CDR_COLUMNS } from '../../../lambdas/model/pipelines.ts';
import { problemSentence, problemsOf } from '../../../lambdas/model/refusal.ts';

const ACME = { id: 'acme', secret: 'cxone/acme', baseUrl: 'https://api.example.com' };

function problems(configuration: unknown): string[] {
  const parsed = Configuration.safeParse(configuration);
  return parsed.success ? [] : problemsOf(parsed.error, configuration).map(problemSentence);
}
const withTenant = (changes: object) => ({ tenants: [{ ...ACME, ...changes }] });
const withLake = (lake: object) => ({ tenants: [ACME], lake });
const withCdr = (cdr: object) => withTenant({ pipelines: { cdr } });

describe('OPS-01 a configuration', () => {
  it('is complete with a tenant’s id, secret and one base URL', () => {
    const configuration = Configuration.parse({ tenants: [ACME] });

    expect(configuration).toMatchObject({
      lake: {
        name: 'cxone-export',
        architecture: 'x86_64',
        retention: {
          rawDays: 30,
          quarantineDays: 90,
          supersededGenerationDays: 90,
          runRecordDays: 400,
          logDays: 90,
        },
      },
      tenants: [
        {
          ...ACME,
          families: {},
          pipelines: {
            cdr: {
              enabled: true,
              schedule: { cron: '30 3 * * ? *', timezone: 'UTC' },
              columns: DEFAULT_CDR_COLUMNS,
              format: 'csv',
              key: ['call_id'],
              mapping: 'cdr.v1',
              outputs: ['parquet'],
              thresholds: { rejects: 0.001, outsideWindow: 0.01 },
              settleMinutes: 120,
              catchUpDays: 14,
              restateDays: 0,
            },
          },
        },
      ],
    });
  });

  it('takes an http address on this machine, and drops slashes at an address’s end', () => {
    const addresses = ['http://127.0.0.1:8080/', 'http://localhost:1', 'https://api.example.com/cxone//'].map(
      (baseUrl) => Configuration.parse(withTenant({ baseUrl })).tenants[0]?.baseUrl,
    );

    expect(addresses).toEqual([
      'http://127.0.0.1:8080',
      'http://localhost:1',
      'https://api.example.com/cxone',
    ]);
  });

  it.each([
    ['no object', 5, ['(whole)']],
    ['no tenants', {}, ['tenants']],
    ['an empty list of tenants', { tenants: [] }, ['tenants']],
    [
      'a tenant without anything',
      { tenants: [{}] },
      ['tenants[0].id', 'tenants[0].secret', 'tenants[0].baseUrl'],
    ],
    ['two tenants of one id', { tenants: [ACME, ACME] }, ['tenants[1].id']],
    ['an unknown key', { ...withTenant({ colour: 'red' }), fish: 1 }, ['tenants[0].colour', 'fish']],
    ['an id in capitals', withTenant({ id: 'ACME' }), ['tenants[0].id']],
    ['an id that ends in a hyphen', withTenant({ id: 'acme-' }), ['tenants[0].id']],
    ['an id of one letter', withTenant({ id: 'a' }), ['tenants[0].id']],
    ['a secret’s value for its name', withTenant({ secret: '{"clientId":"x"}' }), ['tenants[0].secret']],
    ['plain http', withTenant({ baseUrl: 'http://api.example.com' }), ['tenants[0].baseUrl']],
    [
      'an address with a password',
      withTenant({ baseUrl: 'https://a:b@api.example.com' }),
      ['tenants[0].baseUrl'],
    ],
    [
      'an address with a query',
      withTenant({ baseUrl: 'https://api.example.com?a=1' }),
      ['tenants[0].baseUrl'],
    ],
    ['no address', withTenant({ baseUrl: 'api.example.com' }), ['tenants[0].baseUrl']],
    ['an unknown family', withTenant({ families: { telepathy: {} } }), ['tenants[0].families.telepathy']],
    [
      'a family’s wrong settings',
      withTenant({
        families: {
          dataDownload: {
            tokenPath: 'oauth',
            rate: { requests: 0, seconds: 1.5 },
            scopes: ['a b'],
            downloadHosts: ['https://x'],
            grant: 'password',
          },
        },
      }),
      ['tokenPath', 'grant', 'scopes[0]', 'rate.requests', 'rate.seconds', 'downloadHosts[0]'].map(
        (path) => `tenants[0].families.dataDownload.${path}`,
      ),
    ],
    [
      'a cron of five fields',
      withCdr({ schedule: { cron: '30 3 * * *' } }),
      ['tenants[0].pipelines.cdr.schedule.cron'],
    ],
    [
      'a zone that is none',
      withCdr({ schedule: { timezone: 'Mars/Olympus' } }),
      ['tenants[0].pipelines.cdr.schedule.timezone'],
    ],
    [
      'a zone as an offset, which the scheduler does not know',
      withCdr({ schedule: { timezone: '+01:00' } }),
      ['tenants[0].pipelines.cdr.schedule.timezone'],
    ],
    [
      'a zone in other capitals, which the scheduler does not know',
      withCdr({ schedule: { timezone: 'europe/berlin' } }),
      ['tenants[0].pipelines.cdr.schedule.timezone'],
    ],
    [
      'tags that IAM refuses',
      withLake({ tags: { 'AWS:team': 'care', cost: 'R&D', 'what?': 'x' } }),
      ['lake.tags.AWS:team', 'lake.tags.cost', 'lake.tags.what?'],
    ],
    ['tags that IAM takes for one', withLake({ tags: { Team: 'care', team: 'care' } }), ['lake.tags']],
    [
      'more tags than a resource may have',
      withLake({ tags: Object.fromEntries(Array.from({ length: 49 }, (_, index) => [`t${index}`, ''])) }),
      ['lake.tags'],
    ],
    [
      'more subnets and security groups than a function may have, and one twice',
      withLake({
        vpc: {
          id: 'vpc-0a',
          subnetIds: Array.from({ length: 17 }, (_, index) => `subnet-${index}`),
          securityGroupIds: ['sg-0', 'sg-0'],
        },
      }),
      ['lake.vpc.subnetIds', 'lake.vpc.securityGroupIds'],
    ],
    ['a bucket with two dots in a row', withLake({ bucketName: 'a..b' }), ['lake.bucketName']],
    ['no columns', withCdr({ columns: [] }), ['tenants[0].pipelines.cdr.columns']],
    [
      '151 columns',
      withCdr({ columns: Array.from({ length: 151 }, (_, index) => `c${index}`) }),
      ['tenants[0].pipelines.cdr.columns'],
    ],
    ['a column twice', withCdr({ columns: ['CallId', 'CallId'] }), ['tenants[0].pipelines.cdr.columns[1]']],
    ['an output that is none', withCdr({ outputs: ['xlsx'] }), ['tenants[0].pipelines.cdr.outputs[0]']],
    [
      'a threshold above 1',
      withCdr({ thresholds: { rejects: 1.1 } }),
      ['tenants[0].pipelines.cdr.thresholds.rejects'],
    ],
    [
      'a start date that is no day',
      withCdr({ startDate: '2023-02-30' }),
      ['tenants[0].pipelines.cdr.startDate'],
    ],
    ['a mapping with a path', withCdr({ mapping: '../secrets' }), ['tenants[0].pipelines.cdr.mapping']],
    ['a settle below 0', withCdr({ settleMinutes: -1 }), ['tenants[0].pipelines.cdr.settleMinutes']],
    [
      'restated days that leave no room',
      withCdr({ catchUpDays: 4, restateDays: 3 }),
      ['tenants[0].pipelines.cdr.restateDays'],
    ],
    [
      'an empty filter',
      withCdr({ filters: { segments: [] } }),
      ['tenants[0].pipelines.cdr.filters.segments'],
    ],
    [
      'a lake’s wrong settings',
      {
        tenants: [ACME],
        lake: {
          name: 'A',
          architecture: 'sparc',
          bucketName: 'A_B',
          keyArn: 'key',
          permissionsBoundaryArn: 'arn',
          vpc: { id: 'x', subnetIds: [], securityGroupIds: ['sg-0'] },
          proxy: 'ftp://proxy',
          alarmEmail: 'nobody',
          retention: { rawDays: 0, logDays: 5 },
        },
      },
      [
        'name',
        'architecture',
        'bucketName',
        'keyArn',
        'permissionsBoundaryArn',
        'vpc.id',
        'vpc.subnetIds',
        'proxy',
        'alarmEmail',
        'retention.rawDays',
        'retention.logDays',
      ].map((path) => `lake.${path}`),
    ],
  ])('is refused for %s', (_, configuration, paths) => {
    const told = problems(configuration).map((sentence) => sentence.split(': found ')[0]);

    expect(new Set(told)).toEqual(new Set(paths));
  });

  it.each(['http://hunter@proxy:8080', 'http://:hunter2@proxy:8080', 'https://hunter:hunter2@proxy'])(
    'OPS-01 OPS-02 is refused for a proxy with a user or a password, which are not shown: %s',
    (proxy) => {
      const told = problems({ tenants: [ACME], lake: { name: 'the-lake', proxy } });

      expect(told).toHaveLength(1);
      expect(told[0]).toMatch(/^lake\.proxy: .* must hold no user and no password/);
      expect(told[0]).not.toMatch(/hunter/);
    },
  );

  it('is refused for addresses that are none, like for any other', () => {
    const told = problems({
      tenants: [{ ...ACME, webhook: { url: 'no address', secret: 'the-secret' } }],
      lake: { name: 'the-lake', proxy: 'no address' },
    });

    expect(told.map((sentence) => sentence.split(': found ')[0])).toEqual([
      'lake.proxy',
      'tenants[0].webhook.url',
    ]);
  });

  it('is refused without repeating what may be a secret', () => {
    const told = problems(
      withTenant({ id: 'Hunter2', secret: 'hunter2 hunter2', baseUrl: 'hunter2', clientSecret: 'hunter2' }),
    );

    expect(told).toHaveLength(4);
    expect(told.join()).not.toMatch(/hunter2/i);
  });
});

describe('a family', () => {
  it('ALL-08 has the documented rate, 60 a minute where none is', () => {
    const rates = FamilyName.options.map((name) => resolveFamily(name, 'https://a.example.com').rate);

    expect(rates).toEqual([
      { requests: 60, seconds: 60 },
      { requests: 60, seconds: 60 },
      { requests: 100, seconds: 60 },
      { requests: 10, seconds: 1 },
      { requests: 60, seconds: 60 },
    ]);
  });

  it('OPS-01 takes what the configuration says, and the notes’ paths and scopes for the rest', () => {
    const family = resolveFamily('dataDownload', 'https://a.example.com', {
      baseUrl: 'https://b.example.com',
      endpoints: { status: '/status/{id}' },
      scopes: ['one'],
    });

    expect(family).toEqual({
      name: 'dataDownload',
      baseUrl: 'https://b.example.com',
      tokenPath: '/api/v2/oauth/token',
      grant: 'client_credentials',
      scopes: ['one'],
      endpoints: { submit: '/api/v2/data/download/requests', status: '/status/{id}' },
      rate: { requests: 60, seconds: 60 },
      timeouts: { connectSeconds: 10, responseSeconds: 60, idleSeconds: 60 },
      downloadHosts: [],
    });
  });
});
