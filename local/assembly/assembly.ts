import { readCloudAssembly, type SynthesisedStack } from './cloud-assembly.ts';
import { readFunction, readStateMachine } from './compute.ts';
import { readAlarm, readQueue, readRule, readSchedule, readSubscription, readTopic } from './events.ts';
import { AssemblyRefused, gathering, Unresolvable } from './refused.ts';
import { Resolver } from './resolver.ts';
import { type ResourceReader, readResource } from './resources.ts';
import { readBucket, readDatabase, readGlueTable, readKey, readSecret, readTable } from './storage.ts';
import type { Assembly, LambdaFunction } from './types.ts';

/**
 * Reads what `cdk synth` wrote and resolves it to local names and ARNs (region eu-west-1, account 000000000000).
 * Types of resources that have no local counterpart (roles, policies, dashboards, …) are passed over.
 *
 * @param folder the cloud assembly, such as `cdk.out`
 * @throws AssemblyRefused with every value that cannot be resolved, each with its path
 */
export function loadAssembly(folder: string): Assembly {
  const { stacks, assets } = readCloudAssembly(folder);
  const resolver = new Resolver({ stacks, assets });
  const readers = readersOf(resolver, stacks);
  const problems: string[] = [];
  const all = <Resource>(
    types: readonly string[],
    read: (reader: ResourceReader) => Resource,
  ): Resource[] => {
    try {
      return gathering(ofTypes(readers, types), read);
    } catch (error) {
      if (!(error instanceof AssemblyRefused)) throw error;
      problems.push(...error.problems);
      return [];
    }
  };
  const versions = ofTypes(readers, ['AWS::Lambda::Version', 'AWS::Lambda::Alias']);
  const aliases = ofTypes(readers, ['AWS::KMS::Alias']);
  const functions = all(['AWS::Lambda::Function'], (reader) => readFunction(reader, assets, versions));
  const resources = {
    functions,
    stateMachines: all(['AWS::StepFunctions::StateMachine'], (reader) => readStateMachine(reader, assets)),
    buckets: all(['AWS::S3::Bucket'], readBucket),
    tables: all(['AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable'], readTable),
    keys: all(['AWS::KMS::Key'], (reader) => readKey(reader, aliases)),
    secrets: all(['AWS::SecretsManager::Secret'], readSecret),
    topics: all(['AWS::SNS::Topic'], readTopic),
    subscriptions: all(['AWS::SNS::Subscription'], readSubscription),
    queues: all(['AWS::SQS::Queue'], readQueue),
    rules: all(['AWS::Events::Rule'], readRule),
    schedules: all(['AWS::Scheduler::Schedule'], readSchedule),
    databases: all(['AWS::Glue::Database'], readDatabase),
    glueTables: all(['AWS::Glue::Table'], readGlueTable),
    alarms: all(['AWS::CloudWatch::Alarm'], readAlarm),
  };
  if (problems.length > 0) throw new AssemblyRefused([...new Set(problems)]);
  const byArn = functionsByArn(functions);
  return {
    stacks: stacks.map((stack) => stack.name),
    ...resources,
    functionOf: (arn) => byArn.get(arn),
    output: (stack, name) => readOutput(resolver, stacks, stack, name),
  };
}

function readersOf(resolver: Resolver, stacks: readonly SynthesisedStack[]): ResourceReader[] {
  return stacks.flatMap(({ name, template }) =>
    Object.entries(template.Resources)
      .filter(([, resource]) => resolver.included(name, resource))
      .map(([logicalId, resource]) => readResource(resolver, name, logicalId, resource)),
  );
}

function ofTypes(readers: readonly ResourceReader[], types: readonly string[]): ResourceReader[] {
  return readers.filter((reader) => types.includes(reader.type));
}

function functionsByArn(functions: readonly LambdaFunction[]): Map<string, LambdaFunction> {
  return new Map(
    functions.flatMap((one) => [one.arn, ...one.versions, ...one.aliases].map((arn) => [arn, one] as const)),
  );
}

function readOutput(
  resolver: Resolver,
  stacks: readonly SynthesisedStack[],
  stack: string,
  name: string,
): unknown {
  const output = stacks.find((candidate) => candidate.name === stack)?.template.Outputs[name];
  if (!output) throw new Unresolvable(`${stack}.Outputs.${name}`, 'there is no such output');
  return resolver.resolve(stack, output.Value, `${stack}.Outputs.${name}`);
}
