/** The account that every embedded ARN names. */
export const embeddedAccount = '000000000000';

/** The region that every embedded ARN names. */
export const embeddedRegion = 'eu-west-1';

/** The embedded ARN of a resource: `arn:aws:<service>:<region>:<account>:<resource>`. */
export function embeddedArn(service: string, resource: string): string {
  return `arn:aws:${service}:${embeddedRegion}:${embeddedAccount}:${resource}`;
}
