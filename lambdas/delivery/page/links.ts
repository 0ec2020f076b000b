import type { RunArn } from '../../model/ids.ts';

/** Where an execution is seen in the AWS console. */
export function executionLink(run: RunArn): string {
  const region = regionOf(run);
  return `https://${region}.console.aws.amazon.com/states/home?region=${region}#/v2/executions/details/${encodeURIComponent(run)}`;
}

/** Where an object is seen in the AWS console. */
export function objectLink(run: RunArn, bucket: string, key: string): string {
  const region = regionOf(run);
  return `https://${region}.console.aws.amazon.com/s3/object/${encodeURIComponent(bucket)}?region=${region}&prefix=${encodeURIComponent(key)}`;
}

/** `arn:aws:states:<region>:…` */
function regionOf(run: RunArn): string {
  return run.split(':')[3] ?? '';
}
