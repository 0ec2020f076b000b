import { Duration } from 'aws-cdk-lib';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import {
  DefinitionBody,
  type IChainable,
  LogLevel,
  QueryLanguage,
  StateMachine,
  StateMachineType,
} from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import type { TenantId } from '../../../lambdas/model/ids.ts';
import type { PipelineFunction } from '../../functions/pipeline-function.ts';

/** What every workflow is given. */
export interface WorkflowProps {
  tenant: TenantId;
  /** `<lake>-<tenant>-<pipeline>`. */
  machineName: string;
  bucket: IBucket;
  logs: ILogGroup;
  /** Version of the tenant's hash key, where it has one. */
  hashKey: string | undefined;
  /** Delivers commits to the tenant's webhook, where it has one that is told of them. */
  deliver: PipelineFunction | undefined;
}

/** A machine runs for as long as AWS lets an execution be redriven. */
const LONGEST_RUN = Duration.days(14);

/** A pipeline's state machine with our defaults: Standard, JSONata, traces, and a log of failures without data. */
export function pipelineMachine(
  scope: Construct,
  machine: {
    name: string;
    definition: IChainable;
    logs: ILogGroup;
    functions: readonly (PipelineFunction | undefined)[];
  },
): StateMachine {
  const stateMachine = new StateMachine(scope, 'Machine', {
    stateMachineName: machine.name,
    stateMachineType: StateMachineType.STANDARD,
    queryLanguage: QueryLanguage.JSONATA,
    definitionBody: DefinitionBody.fromChainable(machine.definition),
    timeout: LONGEST_RUN,
    tracingEnabled: true,
    logs: { destination: machine.logs, level: LogLevel.ALL, includeExecutionData: false },
  });
  // A redrive of an execution that an earlier release began calls that release's versions.
  for (const called of machine.functions) called?.grantInvoke(stateMachine);
  return stateMachine;
}
