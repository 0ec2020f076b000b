import { describe, expect, it } from 'vitest';
import { allStatements, CDR_FUNCTION_NAMES, type Statement, synthesise, tenant } from './synthesised.ts';

/** One tenant's name begins with the other's: what bounds a role must not be a mere beginning. */
const templates = synthesise({ tenants: [tenant('acme'), tenant('acme-eu')] });
const stacks = { acme: templates('cxone-export-acme'), 'acme-eu': templates('cxone-export-acme-eu') };

type TenantName = keyof typeof stacks;

/** IAM's own rule: `*` stands for any letters, `?` for one. */
function matches(pattern: string, value: string): boolean {
  const escaped = pattern.replaceAll(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, 's').test(value);
}

const ACCOUNT = '<AWS::Region>:<AWS::AccountId>';

/** What belongs to a tenant, as roles name it. */
const belongings = (id: TenantName) => {
  const database = `cxone_export_${id.replaceAll('-', '_')}`;
  return {
    objects: ['raw', 'lake', 'export', 'quarantine', 'current', 'runs'].map(
      (prefix) => `${prefix}/${id}/cdr/dt=2024-05-15/x`,
    ),
    items: ['window', 'part', 'token', 'refresh', 'mark', 'run', 'limiter', 'drift'].map(
      (kind) => `${id}#${kind}#cdr`,
    ),
    secrets: [`arn:<AWS::Partition>:secretsmanager:${ACCOUNT}:secret:cxone/${id}-AbCd12`],
    executions: [`arn:<AWS::Partition>:states:${ACCOUNT}:execution:cxone-export-${id}-cdr-export:run`],
    catalog: [
      `arn:<AWS::Partition>:glue:${ACCOUNT}:database/${database}`,
      `arn:<AWS::Partition>:glue:${ACCOUNT}:table/${database}/cdr`,
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

    expect(count('AWS::Lambda::Function')).toBe(CDR_FUNCTION_NAMES.length);
    expect(count('AWS::StepFunctions::StateMachine')).toBe(2);
    expect(count('AWS::Scheduler::Schedule')).toBe(1);
    for (const type of [
      'AWS::Lambda::Function',
      'AWS::StepFunctions::StateMachine',
      'AWS::Scheduler::Schedule',
    ])
      stacks['acme-eu'].resourceCountIs(type, count(type));
  });
});
