import { z } from 'zod';
import { isoInstant } from '../model/days.ts';
import type { PipelineName } from '../model/pipelines.ts';
import { conditionalUpdate } from './expressions.ts';
import { pauseKey } from './keys.ts';
import type { WindowLedger } from './windows.ts';

/** A pipeline that its schedule does not start. */
export const Pause = z.object({
  pausedAt: z.iso.datetime(),
  pausedBy: z.string(),
  reason: z.string().default(''),
});
export type Pause = z.infer<typeof Pause>;

/** Characters of a reason: it is shown to people. */
export const REASON_CHARACTERS = 200;

const PauseItem = z.object({ paused: z.boolean().default(false), ...Pause.partial().shape });

/**
 * Pauses a pipeline: starts by its schedule do nothing until it is resumed; what runs goes on, and a start on demand works.
 * Pausing it again keeps the first instant. Says false where it was paused already.
 */
export async function pausePipeline(
  ledger: WindowLedger,
  pipeline: PipelineName,
  { by, reason }: { by: string; reason: string },
): Promise<boolean> {
  const written = await ledger.table.update(
    pauseKey(ledger.tenant, pipeline),
    conditionalUpdate(
      {
        set: {
          paused: true,
          pausedAt: isoInstant(ledger.clock.now()),
          pausedBy: by,
          reason: reason.slice(0, REASON_CHARACTERS),
        },
      },
      [
        {
          any: [
            { attribute: 'paused', is: 'absent' },
            { attribute: 'paused', is: '=', value: false },
          ],
        },
      ],
    ),
  );
  return written !== 'conditionFailed';
}

/** Lets the schedule start the pipeline again: the next run takes what was left. Says false where it was not paused. */
export async function resumePipeline(ledger: WindowLedger, pipeline: PipelineName): Promise<boolean> {
  const written = await ledger.table.update(
    pauseKey(ledger.tenant, pipeline),
    conditionalUpdate({ set: { paused: false } }, [{ attribute: 'paused', is: '=', value: true }]),
  );
  return written !== 'conditionFailed';
}

/** The pause of a pipeline, or undefined where its schedule starts it. */
export async function readPause(ledger: WindowLedger, pipeline: PipelineName): Promise<Pause | undefined> {
  const item = PauseItem.parse((await ledger.table.get(pauseKey(ledger.tenant, pipeline))) ?? {});
  return item.paused ? Pause.parse(item) : undefined;
}
