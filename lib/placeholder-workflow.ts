import { Duration } from 'aws-cdk-lib';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { DefinitionBody, Pass, QueryLanguage, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { TenantId } from '../lambdas/model/ids.ts';
import type { Mapping } from '../lambdas/model/mapping.ts';
import type { CdrPipeline } from '../lambdas/model/pipelines.ts';
import type { FunctionsByName } from './functions/tenant-functions.ts';

export class CdrExportWorkflow extends Construct {
  readonly stateMachine: StateMachine;
  constructor(
    scope: Construct,
    id: string,
    props: {
      tenant: TenantId;
      functions: FunctionsByName;
      bucket: IBucket;
      settings: CdrPipeline;
      mapping: Mapping;
      machineName: string;
    },
  ) {
    super(scope, id);
    this.stateMachine = new StateMachine(this, 'Machine', {
      stateMachineName: props.machineName,
      queryLanguage: QueryLanguage.JSONATA,
      definitionBody: DefinitionBody.fromChainable(Pass.jsonata(this, 'Placeholder')),
      timeout: Duration.days(14),
      tracingEnabled: true,
    });
  }
}
