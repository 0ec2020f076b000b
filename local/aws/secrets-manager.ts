import { z } from 'zod';
import { jsonService, operation } from './json-service.ts';
import type { Backend } from './reply.ts';
import type { SecretStore } from './secrets.ts';

const secretId = z.string().min(1).max(2048);
const token = z.string().min(32).max(64).optional();
const text = z.string().min(1).max(65_536);

/** AWS Secrets Manager for text secrets. Rotation, deletion, replication and binary values are refused. */
export function secretsManager(secrets: SecretStore): Backend {
  return jsonService({
    service: 'secretsmanager',
    target: 'secretsmanager',
    protocol: '1.1',
    invalidInput: 'InvalidParameterException',
    operations: {
      GetSecretValue: operation(
        z.strictObject({
          SecretId: secretId,
          VersionId: z.string().optional(),
          VersionStage: z.string().optional(),
        }),
        (input) => input.SecretId,
        (input) => {
          const found = secrets.value(input.SecretId, {
            ...(input.VersionId === undefined ? {} : { versionId: input.VersionId }),
            ...(input.VersionStage === undefined ? {} : { stage: input.VersionStage }),
          });
          return {
            ARN: found.arn,
            Name: found.name,
            VersionId: found.versionId,
            SecretString: found.value,
            VersionStages: found.stages,
            CreatedDate: found.created / 1000,
          };
        },
      ),
      DescribeSecret: operation(
        z.strictObject({ SecretId: secretId }),
        (input) => input.SecretId,
        (input) => {
          const secret = secrets.find(input.SecretId);
          return {
            ARN: secret.arn,
            Name: secret.name,
            Description: secret.description,
            KmsKeyId: secret.keyId,
            CreatedDate: secret.created / 1000,
            LastChangedDate: secret.changed / 1000,
            VersionIdsToStages: Object.fromEntries(
              secret.versions.map((version) => [version.id, version.stages]),
            ),
          };
        },
      ),
      CreateSecret: operation(
        z.strictObject({
          Name: z.string().regex(/^[A-Za-z0-9/_+=.@-]{1,512}$/),
          SecretString: text.optional(),
          Description: z.string().max(2048).optional(),
          KmsKeyId: z.string().optional(),
          ClientRequestToken: token,
        }),
        (input) => input.Name,
        (input) => {
          const secret = secrets.create(input.Name, {
            ...(input.SecretString === undefined ? {} : { value: input.SecretString }),
            ...(input.Description === undefined ? {} : { description: input.Description }),
            ...(input.KmsKeyId === undefined ? {} : { keyId: input.KmsKeyId }),
            ...(input.ClientRequestToken === undefined ? {} : { token: input.ClientRequestToken }),
          });
          return { ARN: secret.arn, Name: secret.name, VersionId: secret.versions.at(-1)?.id };
        },
      ),
      PutSecretValue: operation(
        z.strictObject({ SecretId: secretId, SecretString: text, ClientRequestToken: token }),
        (input) => input.SecretId,
        (input) => {
          const stored = secrets.put(input.SecretId, input.SecretString, input.ClientRequestToken);
          return {
            ARN: stored.arn,
            Name: stored.name,
            VersionId: stored.versionId,
            VersionStages: stored.stages,
          };
        },
      ),
    },
  });
}
