import type { Effect } from '../../local/aws/effects.ts';
import type { Statement } from '../template/role-statements.ts';

/** IAM's own rule: `*` stands for any letters, `?` for one. */
export function matchesPattern(pattern: string, value: string): boolean {
  const escaped = pattern.replaceAll(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, 's').test(value);
}

/** IAM's actions of S3's operations, where they have other names. */
const OBJECT_ACTIONS: Readonly<Record<string, string>> = {
  HeadObject: 'GetObject',
  CreateMultipartUpload: 'PutObject',
  UploadPart: 'PutObject',
  CompleteMultipartUpload: 'PutObject',
  AbortMultipartUpload: 'AbortMultipartUpload',
  ListObjectsV2: 'ListBucket',
};

/** What follows the first segment of a resource's name: an object's key, an item's partition and sort key. */
export function within(resource: string): string {
  return resource.slice(resource.indexOf('/') + 1);
}

/**
 * Whether a role with these statements may do what was done, by action and by what bounds it: keys of objects, prefixes of lists,
 * partition keys of items, names of secrets, databases and executions. Topics, queues and KMS keys are shared by the lake or named by
 * references, so that their action is looked at alone; KMS is looked at where the function calls it directly.
 */
export function allowedBy(
  statements: readonly Statement[],
  { service, operation, resource }: Effect,
): boolean {
  switch (service) {
    case 's3': {
      const action = OBJECT_ACTIONS[operation] ?? operation;
      return allowing(statements, `s3:${action}`).some(({ resources, conditions }) =>
        action === 'ListBucket'
          ? (conditions['StringLike s3:prefix'] ?? []).some((pattern) =>
              matchesPattern(pattern, within(resource)),
            )
          : resources.some((pattern) => matchesPattern(within(pattern), within(resource))),
      );
    }
    case 'dynamodb': {
      const partition = within(resource).split('/')[0] ?? '';
      return allowing(statements, `dynamodb:${operation}`).some(({ conditions }) =>
        (conditions['ForAllValues:StringLike dynamodb:LeadingKeys'] ?? []).some((pattern) =>
          matchesPattern(pattern, partition),
        ),
      );
    }
    case 'secretsmanager':
      return allowing(statements, `secretsmanager:${operation}`).some(({ resources }) =>
        // A secret's ARN ends in six letters of AWS's.
        resources.some((pattern) => matchesPattern(pattern.replace(/^.*:secret:/, ''), `${resource}-AbCd12`)),
      );
    case 'glue': {
      const [database = '', table = ''] = resource.split('/');
      const needed = [`database/${database}`, `table/${database}/${table}`];
      return allowing(statements, `glue:${operation}`).some(({ resources }) =>
        needed.every((one) =>
          resources.some((pattern) => matchesPattern(pattern.replace(/^.*?:([a-z]+\/)/, '$1'), one)),
        ),
      );
    }
    case 'stepfunctions':
      return allowing(statements, `states:${operation}`).some(({ resources }) =>
        resources.some((pattern) =>
          matchesPattern(pattern.replace(/^.*<AWS::AccountId>:/, ''), resource.split(':').slice(5).join(':')),
        ),
      );
    case 'kms':
      return allowing(statements, `kms:${operation}`).some(
        ({ conditions }) => !('StringEquals kms:ViaService' in conditions),
      );
    case 'sns':
    case 'sqs':
      return allowing(statements, `${service}:${operation}`).length > 0;
    default:
      service satisfies never;
      return false;
  }
}

function allowing(statements: readonly Statement[], action: string): Statement[] {
  return statements.filter(({ actions }) => actions.includes(action));
}
