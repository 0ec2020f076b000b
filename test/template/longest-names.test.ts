import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { assembled, FURTHER_PIPELINES, tenant, WEBHOOK } from './synthesised.ts';

/** The longest ids that a configuration may have. */
const LAKE = 'l'.repeat(24);
const TENANT = 't'.repeat(32);
const DATASET = 'd'.repeat(48);

/** Characters of names that we give ourselves, by the property that holds them. Source: the API of each service. */
const MOST_CHARACTERS: Readonly<Record<string, number>> = {
  StateMachineName: 80,
  LogGroupName: 512,
  AlarmName: 255,
  AlarmDescription: 1_024,
  PolicyName: 128,
  DashboardName: 255,
  Description: 256,
  Name: 128,
};

/** Characters that all inline policies of a role may have together (IAM's quotas). */
const POLICY_CHARACTERS = 10_240;

/** Bytes of JSON that a function's variables may have (Lambda's quotas). */
const VARIABLES_BYTES = 4_096;

/** No ARN and no name that a deployment gives is longer: CloudFormation's names have 64 letters at most where ours go into policies. */
const DEPLOYED = 'x'.repeat(130);

/** The value as AWS would be given it, with something long for what only a deployment knows. */
function deployed(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && Object.keys(part).some((key) => /^(Ref$|Fn::)/.test(key))
      ? DEPLOYED
      : part,
  );
}

const Resource = z.object({ Type: z.string(), Properties: z.record(z.string(), z.unknown()).default({}) });
const Policy = z.object({ Roles: z.array(z.unknown()), PolicyDocument: z.unknown() });
const Variables = z.object({ Environment: z.object({ Variables: z.unknown() }) });

const pipelines = {
  ...FURTHER_PIPELINES,
  dataActions: { schedule: {} },
  reports: {
    reports: FURTHER_PIPELINES.reports.reports.map((report) => ({ ...report, dataset: DATASET })).slice(0, 1),
  },
};
const resources = assembled({
  lake: { name: LAKE },
  tenants: [tenant(TENANT, { pipelines, webhook: WEBHOOK, nightNotice: { hour: 7 } })],
}).stacks.flatMap(({ template }) => Object.values(z.record(z.string(), Resource).parse(template.Resources)));

describe('a tenant, a lake and a dataset of the longest ids', () => {
  it('OPS-01 have no name that AWS would refuse for its length', () => {
    const tooLong = resources.flatMap(({ Type, Properties }) =>
      Object.entries(MOST_CHARACTERS)
        .map(([property, most]) => ({ property, most, name: Properties[property] }))
        .filter(({ name, most }) => typeof name === 'string' && name.length > most)
        .map(({ property, name }) => `${Type}.${property}: ${name}`),
    );

    expect(resources.some(({ Properties }) => Properties.StateMachineName !== undefined)).toBe(true);
    expect(tooLong).toEqual([]);
  });

  it('OPS-01 OPS-02 have no role whose policies are longer together than IAM takes', () => {
    const characters = new Map<string, number>();
    for (const { Type, Properties } of resources) {
      if (Type !== 'AWS::IAM::Policy') continue;
      const { Roles: roles, PolicyDocument: document } = Policy.parse(Properties);
      for (const role of roles.map((reference) => JSON.stringify(reference)))
        characters.set(role, (characters.get(role) ?? 0) + deployed(document).length);
    }

    expect(characters.size).toBeGreaterThan(30);
    expect(Math.max(...characters.values())).toBeLessThan(POLICY_CHARACTERS);
  });

  it('OPS-01 have no function with more variables than Lambda takes', () => {
    const bytes = resources
      .filter(({ Type }) => Type === 'AWS::Lambda::Function')
      .map(({ Properties }) =>
        Buffer.byteLength(deployed(Variables.parse(Properties).Environment.Variables)),
      );

    expect(bytes.length).toBeGreaterThan(30);
    expect(Math.max(...bytes)).toBeLessThan(VARIABLES_BYTES);
  });
});
