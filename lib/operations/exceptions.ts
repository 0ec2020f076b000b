import { Aspects, type IAspect, Stack, Validations } from 'aws-cdk-lib';
import { CfnPolicy } from 'aws-cdk-lib/aws-iam';
import { flattenCfnReference } from 'cdk-nag/lib/utils/flatten-cfn-reference.js';
import type { IConstruct } from 'constructs';
import { z } from 'zod';
import { LAKE_PREFIXES } from '../storage/lake-bucket.ts';

/** Actions that may be allowed on a resource with a wildcard, and why. */
interface WildcardException {
  actions: readonly string[];
  resource: RegExp;
  reason: string;
}

const OBJECTS = [
  's3:GetObject',
  's3:PutObject',
  's3:PutObjectRetention',
  's3:AbortMultipartUpload',
  's3:ListMultipartUploadParts',
];
const PREFIXES = LAKE_PREFIXES.join('|');

/**
 * Every exception to the rule of AWS Solutions that roles name resources without wildcards (AwsSolutions-IAM5). What
 * matches none of them stays a finding.
 */
export function wildcardExceptions(tenant: string): readonly WildcardException[] {
  return [
    {
      actions: [
        'xray:PutTraceSegments',
        'xray:PutTelemetryRecords',
        'xray:GetSamplingRules',
        'xray:GetSamplingTargets',
      ],
      resource: /^\*$/,
      reason: 'X-Ray knows no resources for the writing of traces.',
    },
    {
      actions: [
        'logs:CreateLogDelivery',
        'logs:DeleteLogDelivery',
        'logs:DescribeLogGroups',
        'logs:DescribeResourcePolicies',
        'logs:GetLogDelivery',
        'logs:ListLogDeliveries',
        'logs:PutResourcePolicy',
        'logs:UpdateLogDelivery',
      ],
      resource: /^\*$/,
      reason: 'Step Functions sets the delivery of its log up by actions that know no resources.',
    },
    {
      actions: [
        'ec2:AssignPrivateIpAddresses',
        'ec2:CreateNetworkInterface',
        'ec2:DeleteNetworkInterface',
        'ec2:DescribeNetworkInterfaces',
        'ec2:DescribeSubnets',
        'ec2:UnassignPrivateIpAddresses',
      ],
      resource: /^\*$/,
      reason:
        'Lambda attaches a function to a VPC with its role; network interfaces have no names before they are made.',
    },
    {
      actions: OBJECTS,
      resource: new RegExp(`/(${PREFIXES})/${tenant}/([a-z-]+/)*\\*$`),
      reason:
        'Objects are bounded by prefix and tenant; days, attempts, generations and runs are not known at synth.',
    },
    {
      actions: ['glue:CreatePartition', 'glue:GetPartition', 'glue:GetTable', 'glue:UpdatePartition'],
      resource: new RegExp(`:table/[a-z0-9_]+_${tenant.replaceAll('-', '_')}/\\*$`),
      reason:
        'The tables of this tenant’s own database: by name, fifty reports’ are more than a role’s policy holds.',
    },
    {
      actions: ['states:DescribeExecution'],
      resource: new RegExp(`:execution:[a-z0-9-]+-${tenant}-[a-z-]+:\\*$`),
      reason: 'Executions of this tenant’s own machines; their names are not known at synth.',
    },
    {
      actions: ['states:DescribeExecution', 'states:StopExecution', 'states:RedriveExecution'],
      resource: /:execution:\{"Fn::Select":.*\{"Ref":"[A-Za-z0-9]+Machine[A-F0-9]{8}"\}.*:\*$/,
      reason:
        'A machine watches, stops and redrives the children of its own Map Runs; their names are not known at synth.',
    },
    {
      actions: ['lambda:InvokeFunction'],
      resource: /^<Functions[A-Za-z0-9]+\.Arn>:\*$/,
      reason:
        'An execution that began under an earlier release calls that release’s versions, also after a redrive.',
    },
  ];
}

const oneOrMany = z.union([z.unknown().array(), z.unknown().transform((one) => [one])]);
const Statement = z.object({
  Effect: z.string(),
  Action: oneOrMany.pipe(z.array(z.string())),
  Resource: oneOrMany.default([]),
});
const PolicyDocument = z.object({ Statement: z.array(Statement) });

/** Acknowledges, one by one, the wildcards of a stack's roles that have a reason. */
class AcknowledgeWildcards implements IAspect {
  private readonly exceptions: readonly WildcardException[];

  constructor(exceptions: readonly WildcardException[]) {
    this.exceptions = exceptions;
  }

  visit(node: IConstruct): void {
    if (!(node instanceof CfnPolicy)) return;
    const { Statement: statements } = PolicyDocument.parse(Stack.of(node).resolve(node.policyDocument));
    const reasons = new Map<string, string | undefined>();
    for (const { Action: actions, Resource: resources } of statements)
      for (const resource of resources.map((reference) => flattenCfnReference(reference)))
        if (resource.includes('*') && !(reasons.has(resource) && reasons.get(resource) === undefined))
          reasons.set(resource, this.reasonFor(actions, resource));
    for (const [resource, reason] of reasons)
      if (reason !== undefined)
        Validations.of(node).acknowledge({ id: `AwsSolutions-IAM5[Resource::${resource}]`, reason });
  }

  /** The reasons of all actions, or undefined where one has none. */
  private reasonFor(actions: readonly string[], resource: string): string | undefined {
    const reasons = actions.map(
      (action) =>
        this.exceptions.find(
          (exception) => exception.actions.includes(action) && exception.resource.test(resource),
        )?.reason,
    );
    return reasons.includes(undefined) ? undefined : [...new Set(reasons)].join(' ');
  }
}

/** Acknowledges the exceptions of a tenant's stack. */
export function acknowledgeTenant(stack: Stack, tenant: string): void {
  Aspects.of(stack).add(new AcknowledgeWildcards(wildcardExceptions(tenant)));
}
