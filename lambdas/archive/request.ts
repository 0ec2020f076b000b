import { z } from 'zod';
import { archiveRequestKey } from '../lake/keys.ts';
import type { RunArn, TenantId } from '../model/ids.ts';
import { InteractionId } from '../model/interactions.ts';
import type { ObjectStore } from '../model/ports.ts';

const milliseconds = z.number();

/** What a run is to archive. */
export const ArchiveRequest = z.discriminatedUnion('mode', [
  z.strictObject({
    mode: z.literal('range'),
    from: milliseconds,
    to: milliseconds,
    due: z.boolean().describe('What is due now: with what earlier runs left to do'),
    refresh: z.boolean().describe('Look also at what has not changed'),
    refusedSince: z
      .string()
      .optional()
      .describe(
        'Of a range that is due: since when what CXone refuses must be refused to be looked at again',
      ),
  }),
  z.strictObject({
    mode: z.literal('ids'),
    ids: z.array(InteractionId).min(1),
    refresh: z.boolean().default(false).describe('Look also at what an operator has given up'),
  }),
  z.strictObject({ mode: z.literal('pending') }),
]);
export type ArchiveRequest = z.infer<typeof ArchiveRequest>;

/** Whether a run takes up what earlier runs could not look up or mark. */
export function takesPending(request: ArchiveRequest): boolean {
  return request.mode === 'pending' || (request.mode === 'range' && request.due);
}

/** Leaves the request for the later states: its ids would be too many for them. */
export async function writeRequest(
  objects: ObjectStore,
  tenant: TenantId,
  run: RunArn,
  request: ArchiveRequest,
): Promise<void> {
  await objects.writeText(archiveRequestKey(tenant, run), JSON.stringify(request), 'application/json');
}

/** The request of a run. */
export async function readRequest(
  objects: ObjectStore,
  tenant: TenantId,
  run: RunArn,
): Promise<ArchiveRequest> {
  return ArchiveRequest.parse(JSON.parse(await objects.readText(archiveRequestKey(tenant, run))));
}
