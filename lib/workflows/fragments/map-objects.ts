import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { ResultWriterV2, S3JsonItemReader, S3JsonLItemReader } from 'aws-cdk-lib/aws-stepfunctions';
import type { TenantId } from '../../../lambdas/model/ids.ts';
import type { PipelineName } from '../../../lambdas/model/pipelines.ts';
import { jsonata } from './expressions.ts';

/** Whose lists and results. */
export interface RunObjects {
  tenant: TenantId;
  bucket: IBucket;
  settings: { pipeline: PipelineName };
}

function prefixOf({ tenant, settings }: RunObjects): string {
  return `runs/${tenant}/${settings.pipeline}`;
}

function mayReadLists(run: RunObjects): PolicyStatement[] {
  return [
    new PolicyStatement({
      actions: ['s3:GetObject'],
      resources: [run.bucket.arnForObjects(`${prefixOf(run)}/*`)],
    }),
  ];
}

/** Reads a run's list of windows, or what was made of it: its key is a variable. The machine may read this pipeline's lists only, not the whole bucket as the library would have it. */
export class WindowListReader extends S3JsonItemReader {
  private readonly run: RunObjects;

  constructor(run: RunObjects, variable = 'listKey') {
    super({ bucket: run.bucket, key: jsonata(`$${variable}`) });
    this.run = run;
  }

  override providePolicyStatements(): PolicyStatement[] {
    return mayReadLists(this.run);
  }
}

/** Reads a run's list of items, one a line: a long list is never held whole. */
export class LinesReader extends S3JsonLItemReader {
  private readonly run: RunObjects;

  constructor(run: RunObjects) {
    super({ bucket: run.bucket, key: jsonata('$listKey') });
    this.run = run;
  }

  override providePolicyStatements(): PolicyStatement[] {
    return mayReadLists(this.run);
  }
}

/** Where Step Functions leaves the results of a Map Run's children: under the pipeline's own prefix only. */
export class ChildResultWriter extends ResultWriterV2 {
  private readonly run: RunObjects;

  constructor(run: RunObjects) {
    super({ bucket: run.bucket, prefix: `${prefixOf(run)}/children` });
    this.run = run;
  }

  override providePolicyStatements(): PolicyStatement[] {
    return [
      new PolicyStatement({
        actions: ['s3:PutObject', 's3:GetObject', 's3:ListMultipartUploadParts', 's3:AbortMultipartUpload'],
        resources: [this.run.bucket.arnForObjects(`${prefixOf(this.run)}/children/*`)],
      }),
    ];
  }
}
