import { z } from 'zod';
import { FamilyName } from './families.ts';
import { TenantId } from './ids.ts';

/** What a tenant's set-up is looked at for. */
export const CheckName = z.enum([
  'ledger',
  'lake',
  'secret',
  'hashKey',
  'connection',
  'scopes',
  'clock',
  'customField',
  'archiveKey',
  'webhookAddress',
  'webhookSecret',
  'webhook',
]);
export type CheckName = z.infer<typeof CheckName>;

/** One line of an examination. */
export const Finding = z.strictObject({
  check: CheckName,
  family: FamilyName.optional(),
  state: z.enum(['ok', 'failed', 'unknown']),
  said: z.string().describe('What was found, in a sentence'),
  error: z.string().optional().describe('Name of the catalogue'),
  cure: z.string().optional(),
});
export type Finding = z.infer<typeof Finding>;

/** What an examination came to. It holds no secret and no personal data. */
export const Examination = z.strictObject({
  tenant: TenantId,
  at: z.iso.datetime(),
  healthy: z.boolean().describe('Nothing failed; what is unknown does not count'),
  findings: z.array(Finding),
});
export type Examination = z.infer<typeof Examination>;
