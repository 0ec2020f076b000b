import { embeddedRegion } from './names.ts';

/** The services whose SDK clients look for an address of their own. */
const endpoints = ['S3', 'DYNAMODB', 'SNS', 'SQS', 'SECRETS_MANAGER', 'KMS', 'GLUE', 'SFN'] as const;

/** The environment variables for services that answer at `url`. Credentials are there because clients want some. */
export function environmentFor(url: string): Record<string, string> {
  return {
    ...Object.fromEntries(endpoints.map((service) => [`AWS_ENDPOINT_URL_${service}`, url])),
    AWS_REGION: embeddedRegion,
    AWS_DEFAULT_REGION: embeddedRegion,
    AWS_ACCESS_KEY_ID: 'embedded',
    AWS_SECRET_ACCESS_KEY: 'embedded',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}
