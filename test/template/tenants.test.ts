import { describe, expect, it } from 'vitest';
import { OPERATIONS_MACHINE, PipelineName, WEBHOOK_MACHINE } from '../../lambdas/model/pipelines.ts';
import { LAKE_ACCESS, LEDGER_ACCESS } from '../../lib/functions/access.ts';
import { matchesPattern as matches } from '../support/role-check.ts';
import {
  allStatements,
  FUNCTION_NAMES,
  FURTHER_PIPELINES,
  type Statement,
  shippedMapping,
  synthesise,
  tenant,
  WEBHOOK,
} from './synthesised.ts';

/** One tenant's name begins with the other's: what bounds a role must not be a mere beginning. Both have everything that there is. */
const whole = (id: string) =>
  tenant(id, {
    pipelines: FURTHER_PIPELINES,
    webhook: { ...WEBHOOK, secret: `cxone/${id}-webhook` },
    hashKey: { secret: `cxone/${id}-hash`, version: '1' },
  });
const mapping = shippedMapping('cdr.v1');
const columns = mapping.columns.map((column) =>
  column.column === 'agent_number' ? { ...column, privacy: 'hash' } : column,
);
const templates = synthesise(
  { tenants: [whole('acme'), whole('acme-eu')] },
  { 'cdr.v1': { ...mapping, columns } },
);
const stacks = { acme: templates('cxone-export-acme'), 'acme-eu': templates('cxone-export-acme-eu') };

type TenantName = keyof typeof stacks;

const ACCOUNT = '<AWS::Region>:<AWS::AccountId>';

const PREFIXES = [...new Set(Object.values(LAKE_ACCESS).flatMap(({ read, write }) => [...read, ...write]))];
const KINDS = [...new Set(Object.values(LEDGER_ACCESS).flatMap((access) => Object.keys(access)))];
const MACHINES = [...PipelineName.options, OPERATIONS_MACHINE, WEBHOOK_MACHINE];
const DATASETS = ['cdr', 'interactions', ...FURTHER_PIPELINES.reports.reports.map(({ dataset }) => dataset)];

/** What belongs to a tenant, as roles name it. */
const belongings = (id: TenantName) => {
  const database = `cxone_export_${id.replaceAll('-', '_')}`;
  return {
    objects: PREFIXES.map((prefix) => `${prefix}/${id}/x/dt=2024-05-15/x`),
    items: KINDS.map((kind) => `${id}#${kind}#x`),
    secrets: [id, `${id}-webhook`, `${id}-hash`].map(
      (name) => `arn:<AWS::Partition>:secretsmanager:${ACCOUNT}:secret:cxone/${name}-AbCd12`,
    ),
    // Nobody looks up an execution of the deliveries.
    executions: MACHINES.filter((machine) => machine !== WEBHOOK_MACHINE).map(
      (machine) => `arn:<AWS::Partition>:states:${ACCOUNT}:execution:cxone-export-${id}-${machine}:run`,
    ),
    catalog: [
      `arn:<AWS::Partition>:glue:${ACCOUNT}:database/${database}`,
      ...DATASETS.map((dataset) => `arn:<AWS::Partition>:glue:${ACCOUNT}:table/${database}/${dataset}`),
    ],
  };
};

const reached = (statements: Statement[], owner: TenantName) => {
  const { objects, items, secrets, executions, catalog } = belongings(owner);
  const patterns = statements.flatMap(({ resources }) => resources).filter((resource) => resource !== '*');
  const keys = statements.flatMap(
    (statement) => statement.conditions['ForAllValues:StringLike dynamodb:LeadingKeys'] ?? [],
  );
  const listed = statements.flatMap((statement) => statement.conditions['StringLike s3:prefix'] ?? []);
  const inBucket = patterns.map((pattern) => pattern.replace(/^cxone-export-lake:ExportsOutput\w+\//, ''));
  return [
    ...objects.filter((object) => [...inBucket, ...listed].some((pattern) => matches(pattern, object))),
    ...items.filter((item) => keys.some((pattern) => matches(pattern, item))),
    ...[...secrets, ...executions, ...catalog].filter((arn) =>
      patterns.some((pattern) => matches(pattern, arn)),
    ),
  ];
};

describe.each<[TenantName, TenantName]>([
  ['acme', 'acme-eu'],
  ['acme-eu', 'acme'],
])('the roles of %s', (own, other) => {
  const statements = allStatements(stacks[own]);

  it('ALL-15 reach all that is the tenant’s own', () => {
    const all = Object.values(belongings(own)).flat();

    expect(reached(statements, own).sort()).toEqual(all.sort());
  });

  it(`ALL-15 reach nothing of ${other}`, () => {
    expect(reached(statements, other)).toEqual([]);
  });

  it('ALL-15 bound every use of the ledger and of the bucket', () => {
    const unbounded = statements.filter(
      ({ actions, conditions, resources }) =>
        (actions.some((action) => action.startsWith('dynamodb:')) &&
          !('ForAllValues:StringLike dynamodb:LeadingKeys' in conditions)) ||
        (actions.includes('s3:ListBucket') && !('StringLike s3:prefix' in conditions)) ||
        (actions.some((action) => action.startsWith('s3:') && action !== 's3:ListBucket') &&
          resources.some((resource) => !resource.includes(`/${own}/`))),
    );

    expect(unbounded).toEqual([]);
  });

  it('ALL-07 open tokens in the tenant’s own context only', () => {
    const contexts = statements.flatMap(
      ({ conditions }) => conditions['StringEquals kms:EncryptionContext:tenant'] ?? [],
    );

    expect(new Set(contexts)).toEqual(new Set([own]));
  });
});

describe('one lake for both', () => {
  it('ALL-15 has one stack for each and shares no function, machine or schedule', () => {
    const count = (type: string) => Object.keys(stacks.acme.findResources(type)).length;

    expect(count('AWS::Lambda::Function')).toBe(FUNCTION_NAMES.length);
    expect(count('AWS::StepFunctions::StateMachine')).toBe(MACHINES.length);
    expect(count('AWS::Scheduler::Schedule')).toBeGreaterThan(3);
    for (const type of [
      'AWS::Lambda::Function',
      'AWS::StepFunctions::StateMachine',
      'AWS::Scheduler::Schedule',
    ])
      stacks['acme-eu'].resourceCountIs(type, count(type));
  });
});
