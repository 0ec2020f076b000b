import { parseArchiveInput } from '../archive/input.ts';
import { beginRun, holdBackRun, planArchive } from '../archive/plan.ts';
import { s3ObjectStore } from '../aws/s3-object-store.ts';
import { ArchivePlanPayload, ArchivePlanResult } from '../model/archive-payloads.ts';
import { dayOf, isoInstant } from '../model/days.ts';
import { isHeldBack } from '../planning/paused.ts';
import { lambdaHandler } from './handler.ts';

/** Validates the input of a run of the archive and says what it takes. */
export const handler = lambdaHandler(
  { name: 'plan-archive', payload: ArchivePlanPayload, result: ArchivePlanResult },
  async (payload, invocation) => {
    const parsed = parseArchiveInput(payload.input, payload.startTime);
    const plan = await planArchive(invocation, parsed, payload.settings);
    const dryRun = parsed.input.dryRun === true;
    const objects = s3ObjectStore(invocation.clients.s3, invocation.environment.LAKE_BUCKET);
    const ports = { ledger: invocation, objects };
    const paused = await isHeldBack(invocation, 'interaction-archive', parsed.input);
    if (paused) await holdBackRun(ports, plan, payload.run);
    else if (!dryRun) await beginRun(ports, plan, payload.run);
    const { request, leftOver, pendingDays, estimate } = plan;
    const range =
      request.mode === 'range' ? { from: isoInstant(request.from), to: isoInstant(request.to) } : {};
    return {
      day: dayOf(parsed.instant),
      mode: request.mode,
      ...range,
      leftOver,
      pendingDays,
      estimate,
      dryRun,
      paused,
    };
  },
);
