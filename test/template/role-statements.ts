import { flattenCfnReference } from 'cdk-nag/lib/utils/flatten-cfn-reference.js';
import { z } from 'zod';

/** What a statement of a role allows. References are written as `<LogicalId.Attribute>`. */
export interface Statement {
  actions: string[];
  resources: string[];
  /** Values by `<operator> <key>`. */
  conditions: Record<string, string[]>;
}

const one = z.unknown().transform((value) => (Array.isArray(value) ? value : [value]));
const StatementJson = z.object({
  Effect: z.literal('Allow'),
  Action: one.pipe(z.array(z.string())),
  Resource: one,
  Condition: z.record(z.string(), z.record(z.string(), one)).default({}),
});
const PolicyJson = z.object({
  Properties: z.object({
    Roles: z.array(z.object({ Ref: z.string() })),
    PolicyDocument: z.object({ Statement: z.array(StatementJson) }),
  }),
});

/** Resources of a template by their logical ids. */
type Resources = Readonly<Record<string, unknown>>;

const typed = z.looseObject({ Type: z.string() });
const RoleOf = z.object({
  Properties: z.object({ Role: z.object({ 'Fn::GetAtt': z.tuple([z.string(), z.literal('Arn')]) }) }),
});

/** What the roles of a template allow, by a role's logical id. */
export function statementsByRole(resources: Resources): Map<string, Statement[]> {
  const byRole = new Map<string, Statement[]>();
  for (const resource of Object.values(resources)) {
    if (typed.parse(resource).Type !== 'AWS::IAM::Policy') continue;
    const { Roles, PolicyDocument } = PolicyJson.parse(resource).Properties;
    const statements = PolicyDocument.Statement.map(readable);
    for (const { Ref } of Roles) byRole.set(Ref, [...(byRole.get(Ref) ?? []), ...statements]);
  }
  return byRole;
}

/** Gives what the role of a function allows, by the function's logical id in a template. */
export function rolesIn(template: unknown): (functionId: string) => Statement[] | undefined {
  const { Resources: resources } = z.object({ Resources: z.record(z.string(), z.unknown()) }).parse(template);
  const byRole = statementsByRole(resources);
  return (functionId) => byRole.get(RoleOf.parse(resources[functionId]).Properties.Role['Fn::GetAtt'][0]);
}

function readable({ Action, Resource, Condition }: z.infer<typeof StatementJson>): Statement {
  const conditions = Object.entries(Condition).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, values]) => [
      `${operator} ${key}`,
      values.map((value) => flattenCfnReference(value)),
    ]),
  );
  return {
    actions: Action,
    resources: Resource.map((resource) => flattenCfnReference(resource)),
    conditions: Object.fromEntries(conditions),
  };
}
