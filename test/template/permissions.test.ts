import { describe, expect, it } from 'vitest';
import type { FunctionName } from '../../lambdas/model/environment.ts';
import { INTERACTION_ARCHIVE_FUNCTIONS } from '../../lib/workflows/interaction-archive.ts';
import {
  allStatements,
  FUNCTION_NAMES,
  FURTHER_PIPELINES,
  type Statement,
  statementsOfFunction,
  synthesise,
  tenant,
  WEBHOOK,
} from './synthesised.ts';

const templates = synthesise({
  tenants: [tenant('acme', { pipelines: FURTHER_PIPELINES, webhook: WEBHOOK })],
});
const acme = templates('cxone-export-acme');

/** What every function may do: write its log and its traces. */
const EVERY = [
  'logs:CreateLogStream',
  'logs:PutLogEvents',
  'xray:PutTelemetryRecords',
  'xray:PutTraceSegments',
];
const LEDGER = ['dynamodb:GetItem', 'dynamodb:UpdateItem'];
const LEDGER_KEY = [
  'kms:Decrypt',
  'kms:DescribeKey',
  'kms:Encrypt',
  'kms:GenerateDataKey',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
];
const READ = ['s3:GetObject', 's3:ListBucket'];
const WRITE = ['s3:AbortMultipartUpload', 's3:PutObject'];

const ACTIONS: Record<FunctionName, string[]> = {
  plan: [...LEDGER, 'dynamodb:Query', ...WRITE],
  claim: [...LEDGER, 'states:DescribeExecution'],
  token: [...LEDGER, 'secretsmanager:GetSecretValue'],
  submit: LEDGER,
  poll: [...LEDGER, ...READ, ...WRITE],
  download: [...LEDGER, ...READ, ...WRITE],
  'read-report': [...LEDGER, ...WRITE],
  transform: [...LEDGER, 'dynamodb:Query', ...READ, ...WRITE],
  'transform-records': [...LEDGER, 'dynamodb:Query', ...READ, ...WRITE],
  'list-ranges': [...LEDGER, ...READ, ...WRITE],
  'submit-export': LEDGER,
  'poll-export': LEDGER,
  'fetch-export': [...LEDGER, 'dynamodb:Query', ...READ, ...WRITE],
  commit: LEDGER,
  publish: [
    ...LEDGER,
    'dynamodb:Query',
    ...READ,
    ...WRITE,
    'glue:CreatePartition',
    'glue:GetPartition',
    'glue:GetTable',
    'glue:UpdatePartition',
  ],
  audit: [...LEDGER, 'dynamodb:Query', ...WRITE],
  operate: [...LEDGER, 'dynamodb:Query', ...READ, 'sns:Publish'],
  doctor: [...LEDGER, 'dynamodb:Query', ...READ, 'secretsmanager:GetSecretValue'],
  'roll-back': [...LEDGER, ...READ, 'states:DescribeExecution'],
  deliver: [
    ...LEDGER,
    'dynamodb:Query',
    ...READ,
    ...WRITE,
    'secretsmanager:GetSecretValue',
    'sqs:SendMessage',
    'states:DescribeExecution',
  ],
  reconcile: ['dynamodb:GetItem', 'dynamodb:Query', ...READ, ...WRITE, 'states:DescribeExecution'],
  'plan-updates': [...LEDGER, ...READ, ...WRITE],
  'list-actions': [...LEDGER, ...READ, ...WRITE],
  'update-actions': [...LEDGER, 'dynamodb:Query', ...READ, ...WRITE],
  'audit-updates': [...LEDGER, 'dynamodb:Query', ...READ, ...WRITE],
  'reconcile-updates': [...LEDGER, 'dynamodb:Query', ...READ, ...WRITE],
  'plan-archive': [...LEDGER, 'dynamodb:Query', ...WRITE],
  'list-interactions': [...LEDGER, 'dynamodb:Query', ...READ, ...WRITE],
  'look-up-interactions': [...LEDGER, ...READ, ...WRITE],
  'list-archive-days': [...LEDGER, 'dynamodb:Query', ...READ, ...WRITE],
  'seal-archive-day': [...LEDGER, ...READ, ...WRITE],
  'store-media': [...LEDGER, 'dynamodb:Query', ...READ, ...WRITE],
  'mark-archive-day': [...LEDGER, 'dynamodb:Query', ...READ],
  'reconcile-archive': [...LEDGER, 'dynamodb:Query', ...READ, ...WRITE],
  record: [
    ...LEDGER,
    'dynamodb:Query',
    ...READ,
    ...WRITE,
    'sns:Publish',
    'sqs:SendMessage',
    'states:DescribeExecution',
  ],
};

/** Kinds of item by action. */
const ITEMS: Record<FunctionName, Record<string, string[]>> = {
  plan: { GetItem: ['mark', 'pause'], UpdateItem: ['mark', 'run'], Query: ['run', 'window'] },
  claim: { GetItem: ['window'], UpdateItem: ['run', 'window'] },
  token: { GetItem: ['refresh', 'token'], UpdateItem: ['refresh', 'run', 'token'] },
  submit: { GetItem: ['limiter', 'token', 'window'], UpdateItem: ['limiter', 'run', 'token', 'window'] },
  poll: { GetItem: ['limiter', 'token', 'window'], UpdateItem: ['limiter', 'run', 'token', 'window'] },
  download: {
    GetItem: ['limiter', 'part', 'token', 'window'],
    UpdateItem: ['limiter', 'part', 'run', 'token', 'window'],
  },
  'read-report': {
    GetItem: ['breaker', 'limiter', 'reading', 'token', 'window'],
    UpdateItem: ['breaker', 'limiter', 'part', 'reading', 'run', 'token', 'window'],
  },
  transform: { GetItem: ['window'], UpdateItem: ['drift', 'run', 'window'], Query: ['part'] },
  'transform-records': { GetItem: ['window'], UpdateItem: ['drift', 'run', 'window'], Query: ['part'] },
  'list-ranges': { GetItem: ['window'], UpdateItem: ['run'] },
  'submit-export': {
    GetItem: ['limiter', 'token', 'window'],
    UpdateItem: ['attempt', 'limiter', 'run', 'token', 'window'],
  },
  'poll-export': {
    GetItem: ['attempt', 'limiter', 'token', 'window'],
    UpdateItem: ['limiter', 'run', 'token', 'window'],
  },
  'fetch-export': {
    GetItem: ['limiter', 'token', 'window'],
    UpdateItem: ['attempt', 'limiter', 'page', 'part', 'run', 'token', 'window'],
    Query: ['page'],
  },
  commit: { GetItem: ['window'], UpdateItem: ['run', 'window'] },
  publish: { GetItem: ['mark', 'window'], UpdateItem: ['mark', 'run', 'window'], Query: ['window'] },
  audit: { GetItem: ['audit', 'window'], UpdateItem: ['audit', 'run', 'window'], Query: ['audit'] },
  operate: {
    GetItem: ['archive', 'breaker', 'mark', 'pause', 'window'],
    UpdateItem: ['pause', 'window'],
    Query: ['action', 'drift', 'run', 'window'],
  },
  doctor: {
    GetItem: ['token'],
    UpdateItem: ['run', 'token'],
    Query: ['archive', 'run', 'window'],
  },
  'roll-back': { GetItem: ['window'], UpdateItem: ['run', 'window'] },
  deliver: {
    GetItem: ['action', 'delivery', 'run', 'window'],
    UpdateItem: ['action', 'delivery', 'run', 'window'],
    Query: ['delivery'],
  },
  reconcile: { GetItem: ['window'], Query: ['run'] },
  'plan-updates': { GetItem: ['pause'], UpdateItem: ['run'] },
  'list-actions': { GetItem: ['limiter', 'token'], UpdateItem: ['limiter', 'run', 'token'] },
  'update-actions': {
    GetItem: ['action', 'breaker', 'limiter', 'token'],
    UpdateItem: ['action', 'breaker', 'limiter', 'run', 'token'],
    Query: ['action'],
  },
  'audit-updates': {
    GetItem: ['action', 'audit'],
    UpdateItem: ['action', 'audit', 'run'],
    Query: ['audit'],
  },
  'reconcile-updates': { GetItem: ['breaker'], UpdateItem: ['run'], Query: ['action', 'run'] },
  'plan-archive': { GetItem: ['mark', 'pause'], UpdateItem: ['mark', 'run'], Query: ['window'] },
  'list-interactions': {
    GetItem: ['archive', 'limiter', 'token'],
    UpdateItem: ['archive', 'limiter', 'run', 'token'],
    Query: ['archive', 'window'],
  },
  'look-up-interactions': {
    GetItem: ['limiter', 'token'],
    UpdateItem: ['archive', 'limiter', 'run', 'token'],
  },
  'list-archive-days': { GetItem: ['window'], UpdateItem: ['run'], Query: ['archive', 'window'] },
  'seal-archive-day': { GetItem: ['archive', 'window'], UpdateItem: ['archive', 'run', 'window'] },
  'store-media': {
    GetItem: ['archive', 'limiter', 'token', 'window'],
    UpdateItem: ['archive', 'limiter', 'run', 'token', 'window'],
    Query: ['archive'],
  },
  'mark-archive-day': {
    GetItem: ['limiter', 'token', 'window'],
    UpdateItem: ['archive', 'limiter', 'run', 'token', 'window'],
    Query: ['archive'],
  },
  'reconcile-archive': {
    GetItem: ['archive', 'mark', 'window'],
    UpdateItem: ['mark', 'run'],
    Query: ['archive', 'window'],
  },
  record: {
    GetItem: ['mark', 'pause', 'reading', 'run', 'window'],
    UpdateItem: ['run'],
    Query: ['drift', 'run', 'window'],
  },
};

/** Prefixes of objects. */
const OBJECTS: Record<FunctionName, { read: string[]; write: string[] }> = {
  plan: { read: [], write: ['runs'] },
  claim: { read: [], write: [] },
  token: { read: [], write: [] },
  submit: { read: [], write: [] },
  poll: { read: ['raw'], write: ['raw'] },
  download: { read: ['raw'], write: ['raw'] },
  'read-report': { read: [], write: ['raw'] },
  transform: { read: ['adhoc', 'export', 'lake', 'raw'], write: ['adhoc', 'export', 'lake', 'quarantine'] },
  'transform-records': {
    read: ['adhoc', 'export', 'lake', 'raw'],
    write: ['adhoc', 'export', 'lake', 'quarantine'],
  },
  'list-ranges': { read: ['runs'], write: ['runs'] },
  'submit-export': { read: [], write: [] },
  'poll-export': { read: [], write: [] },
  'fetch-export': { read: ['raw'], write: ['raw'] },
  commit: { read: [], write: [] },
  publish: { read: ['lake'], write: ['current'] },
  audit: { read: [], write: ['audit'] },
  operate: { read: ['export', 'lake'], write: [] },
  doctor: { read: ['runs'], write: [] },
  'roll-back': { read: ['export', 'lake'], write: [] },
  deliver: { read: ['export', 'lake', 'runs'], write: ['runs'] },
  reconcile: { read: ['runs'], write: ['runs'] },
  'plan-updates': { read: ['manifests'], write: ['runs'] },
  'list-actions': { read: ['runs'], write: ['runs'] },
  'update-actions': { read: ['runs'], write: ['runs'] },
  'audit-updates': { read: ['runs'], write: ['audit'] },
  'reconcile-updates': { read: ['runs'], write: ['runs'] },
  'plan-archive': { read: [], write: ['runs'] },
  'list-interactions': { read: ['runs'], write: ['runs'] },
  'look-up-interactions': { read: ['raw'], write: ['raw'] },
  'list-archive-days': { read: ['runs'], write: ['runs'] },
  'seal-archive-day': { read: ['archive', 'raw'], write: ['archive'] },
  'store-media': { read: ['raw'], write: ['media'] },
  'mark-archive-day': { read: ['runs'], write: [] },
  'reconcile-archive': { read: ['raw', 'runs'], write: ['runs'] },
  record: { read: ['runs'], write: ['runs'] },
};

/** Functions that call CXone, and which of its APIs. */
const FAMILY_OF_CALLER: Partial<Record<FunctionName, string>> = {
  submit: 'dataDownload',
  poll: 'dataDownload',
  download: 'dataDownload',
  'submit-export': 'analytics',
  'poll-export': 'analytics',
  'fetch-export': 'analytics',
  'list-actions': 'dataActions',
  'update-actions': 'dataActions',
  'read-report': 'reporting',
  'list-interactions': 'interactions',
  'look-up-interactions': 'interactions',
  'store-media': 'interactions',
  'mark-archive-day': 'interactions',
};

const statementsOf = (name: FunctionName) => statementsOfFunction(acme, name);
const allowing = (statements: Statement[], action: string) =>
  statements.filter(({ actions }) => actions.includes(action));
const unique = (values: string[]) => [...new Set(values)].sort();

describe.each(FUNCTION_NAMES)('the role of %s', (name) => {
  it('OPS-02 allows these actions and no other', () => {
    const allowed = statementsOf(name).flatMap(({ actions }) => actions);

    const beyondKeys = unique(allowed.filter((action) => !action.startsWith('kms:')));

    expect(beyondKeys).toEqual(unique([...EVERY, ...ACTIONS[name]]));
  });

  it('ALL-15 reaches these kinds of the ledger’s items and no other', () => {
    const kinds = Object.fromEntries(
      ['GetItem', 'UpdateItem', 'Query'].flatMap((action) => {
        const keys = allowing(statementsOf(name), `dynamodb:${action}`).flatMap(
          ({ conditions }) => conditions['ForAllValues:StringLike dynamodb:LeadingKeys'] ?? ['unbounded'],
        );
        return keys.length === 0 ? [] : [[action, unique(keys)]];
      }),
    );

    const expected = Object.fromEntries(
      Object.entries(ITEMS[name]).map(([action, of]) => [action, of.map((kind) => `acme#${kind}#*`)]),
    );
    expect(kinds).toEqual(expected);
  });

  it('ALL-15 reaches the objects of these prefixes and no other', () => {
    const prefixes = (action: string) =>
      unique(
        allowing(statementsOf(name), action).flatMap(({ resources }) =>
          resources.map((resource) => resource.replace(/^cxone-export-lake:ExportsOutput\w+\//, '')),
        ),
      );

    const [read, write] = [prefixes('s3:GetObject'), prefixes('s3:PutObject')];

    expect(read).toEqual(OBJECTS[name].read.map((prefix) => `${prefix}/acme/*`));
    expect(write).toEqual(OBJECTS[name].write.map((prefix) => `${prefix}/acme/*`));
  });

  it('ALL-15 lists under the prefixes that it reads and nowhere else', () => {
    const listings = allowing(statementsOf(name), 's3:ListBucket').map(
      ({ conditions }) => conditions['StringLike s3:prefix'] ?? ['unbounded'],
    );

    expect(unique(listings.flat())).toEqual(OBJECTS[name].read.map((prefix) => `${prefix}/acme/*`));
  });

  it('OPS-02 uses the key through services, and directly for tokens, archives and audit records only', () => {
    const direct = statementsOf(name).filter(
      ({ actions, conditions }) =>
        actions.some((action) => action.startsWith('kms:')) && !('StringEquals kms:ViaService' in conditions),
    );

    const ledger = statementsOf(name).filter(({ conditions }) =>
      conditions['StringEquals kms:ViaService']?.[0]?.startsWith('dynamodb.'),
    );
    expect(ledger.map(({ actions }) => actions)).toEqual([LEDGER_KEY]);
    const other = ['kms:GenerateMac', 'kms:GenerateDataKey'];
    const tokens = direct.filter(({ actions }) => !other.some((action) => actions.includes(action)));
    expect(tokens.map(({ conditions }) => conditions['StringEquals kms:EncryptionContext:tenant'])).toEqual(
      tokens.map(() => ['acme']),
    );
    expect(tokens).toHaveLength(name === 'token' || FAMILY_OF_CALLER[name] !== undefined ? 1 : 0);
  });
});

describe('the audit chain', () => {
  it('ALL-12 is authenticated by the audit functions alone, with the lake’s key for that', () => {
    const authenticating = FUNCTION_NAMES.filter(
      (name) => allowing(statementsOf(name), 'kms:GenerateMac').length > 0,
    );

    const [statement] = allowing(statementsOf('audit'), 'kms:GenerateMac');

    expect(authenticating).toEqual(['audit', 'audit-updates']);
    expect(statement).toMatchObject({
      actions: ['kms:GenerateMac'],
      resources: [expect.stringMatching(/AuditKey/)],
    });
  });

  it('ALL-12 is written by the audit functions alone, and read by no function', () => {
    const writers = FUNCTION_NAMES.filter((name) => OBJECTS[name].write.includes('audit'));
    const readers = FUNCTION_NAMES.filter((name) => OBJECTS[name].read.includes('audit'));

    expect([writers, readers]).toEqual([['audit', 'audit-updates'], []]);
  });
});

describe('the archive', () => {
  it('ARC-04 has data keys made for the tenant’s own archive by the sealing function alone, which opens none', () => {
    const direct = FUNCTION_NAMES.flatMap((name) =>
      allowing(statementsOf(name), 'kms:GenerateDataKey')
        .filter(({ conditions }) => !('StringEquals kms:ViaService' in conditions))
        .map((statement) => ({ name, ...statement })),
    );

    expect(direct).toMatchObject([
      {
        name: 'seal-archive-day',
        actions: ['kms:GenerateDataKey'],
        conditions: {
          'StringEquals kms:EncryptionContext:tenant': ['acme'],
          'StringEquals kms:EncryptionContext:kind': ['archive'],
        },
      },
    ]);
  });

  it('ARC-04 lets the sealing function alone read the passphrase, where there is one', () => {
    const sealing = { mode: 'passphrase', secret: 'cxone/acme-archive' };
    const other = synthesise({ tenants: [tenant('acme', { pipelines: { archive: { sealing } } })] });
    const template = other('cxone-export-acme');

    const readers = INTERACTION_ARCHIVE_FUNCTIONS.filter((name) =>
      allowing(statementsOfFunction(template, name), 'secretsmanager:GetSecretValue').some(({ resources }) =>
        resources.some((resource) => resource.includes('cxone/acme-archive')),
      ),
    );

    expect(readers).toEqual(['seal-archive-day']);
  });

  it('ARC-05 is written by the sealing function alone, and deleted by nobody', () => {
    const writers = FUNCTION_NAMES.filter((name) => OBJECTS[name].write.includes('archive'));

    expect(writers).toEqual(['seal-archive-day']);
  });
});

describe('tokens and credentials', () => {
  const kinds = 'StringEquals kms:EncryptionContext:kind';
  const sealing = FUNCTION_NAMES.map((name) => ({
    name,
    statements: statementsOf(name).filter(({ conditions }) => kinds in conditions),
  }));

  const secret = (name: string) =>
    `arn:<AWS::Partition>:secretsmanager:<AWS::Region>:<AWS::AccountId>:secret:${name}-??????`;

  it('ALL-07 ALL-13 lets nobody read the credentials but the token function and the doctor, which has to prove them, and the deliver function alone the webhook’s secret', () => {
    const readers = FUNCTION_NAMES.flatMap((name) =>
      allowing(statementsOf(name), 'secretsmanager:GetSecretValue').map(({ resources }) => [name, resources]),
    );

    expect(Object.fromEntries(readers)).toEqual({
      token: [secret('cxone/acme')],
      doctor: [secret('cxone/acme')],
      deliver: [secret('cxone/acme-webhook')],
    });
  });

  it('ALL-07 lets the token function alone open refresh tokens and seal tokens', () => {
    const openers = sealing.filter(({ statements }) =>
      statements.some(({ conditions }) => conditions[kinds]?.includes('refresh')),
    );
    const sealers = sealing.filter(({ statements }) => allowing(statements, 'kms:Encrypt').length > 0);

    expect(openers.map(({ name }) => name)).toEqual(['token']);
    expect(sealers.map(({ name }) => name)).toEqual(['token']);
  });

  it('ALL-07 lets those who call CXone open access tokens of their family only', () => {
    const callers = sealing
      .filter(({ name }) => name !== 'token' && name !== 'seal-archive-day')
      .filter(({ statements }) => statements.length > 0);

    expect(callers.map(({ name }) => name)).toEqual(Object.keys(FAMILY_OF_CALLER));
    for (const { name, statements } of callers)
      expect(statements).toEqual([
        expect.objectContaining({
          actions: ['kms:Decrypt'],
          conditions: {
            'StringEquals kms:EncryptionContext:tenant': ['acme'],
            'StringEquals kms:EncryptionContext:family': [FAMILY_OF_CALLER[name]],
            [kinds]: ['access'],
          },
        }),
      ]);
  });
});

describe('every role of a tenant', () => {
  const statements = allStatements(acme);

  it('OPS-02 allows no action by wildcard, nothing that deletes, and no scan', () => {
    const actions = unique(statements.flatMap(({ actions: allowed }) => allowed));

    const dangerous = actions.filter((action) =>
      /\*|^s3:Delete|^dynamodb:(Scan|PartiQL|Delete|Batch|Transact)|^iam:|^kms:(Schedule|Put|CreateGrant)/.test(
        action,
      ),
    );

    expect(dangerous).toEqual([]);
  });

  it('OPS-02 names its resources but for traces and the delivery of logs', () => {
    const unnamed = statements.filter(({ resources }) => resources.includes('*'));

    const services = unique(
      unnamed.flatMap(({ actions }) => actions.map((action) => action.split(':')[0] ?? '')),
    );

    expect(services).toEqual(['logs', 'xray']);
  });

  it('ALL-18 lets the machines call every version of their functions', () => {
    const called = allowing(statements, 'lambda:InvokeFunction').flatMap(({ resources }) => resources);

    const versions = unique(called.filter((resource) => resource.endsWith('.Arn>:*')));

    expect(new Set(versions).size).toBe(FUNCTION_NAMES.length);
  });

  it('ALL-15 lets the machine itself reach its own run’s objects only', () => {
    const machine = statements.filter(
      ({ actions, resources }) =>
        actions.includes('s3:GetObject') &&
        resources.some((resource) => resource.includes('/runs/acme/cdr-export/')),
    );

    expect(machine.length).toBeGreaterThan(0);
    expect(
      machine.flatMap(({ resources }) => resources.filter((resource) => !resource.includes('/runs/acme/'))),
    ).toEqual([]);
  });
});
