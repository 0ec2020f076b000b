import { s3ObjectStore } from '../aws/s3-object-store.ts';
import { PlanPayload } from '../model/payloads.ts';
import { PlanResult } from '../model/plan-result.ts';
import { estimateOf, plannedWork, recentHistory } from '../planning/estimate.ts';
import { planRun } from '../planning/plan.ts';
import { rangesOf } from '../planning/ranges.ts';
import { parseRunInput } from '../planning/run-input.ts';
import { lambdaHandler } from './handler.ts';

/** Validates the input of a run and lists the windows that it takes. */
export const handler = lambdaHandler(
  { name: 'plan', payload: PlanPayload, result: PlanResult },
  async (payload, invocation) => {
    const request = parseRunInput(payload.input, payload.startTime, payload.settings);
    const objects = s3ObjectStore(invocation.clients.s3, invocation.environment.LAKE_BUCKET);
    const ports = { ledger: invocation, objects };
    const { plan, list, listKey } = await planRun(ports, request, payload.run, payload.settings);
    const { pipeline, rangeDays } = payload.settings;
    const history = await recentHistory(invocation, pipeline);
    const ranges = rangeDays === undefined ? undefined : rangesOf(list).filter(({ load }) => load);
    return {
      windows: plan.windows.length,
      listKey,
      alreadyCommitted: plan.alreadyCommitted,
      leftOver: plan.leftOver,
      holes: plan.holes,
      pinned: plan.pinned.length,
      paused: plan.paused,
      estimate: estimateOf(pipeline, plannedWork(list, ranges), history),
      dryRun: request.input.dryRun === true,
      preview: plan.windows.slice(0, 31),
      ranges: ranges && {
        exports: ranges.length,
        preview: ranges.slice(0, 31).map(({ dataset, day, days }) => ({ dataset, day, days })),
      },
    };
  },
);
