import { z } from 'zod';
import { actionsNamedTwice, DateUpdate } from './date-updates.ts';
import { Schedule } from './pipelines.ts';
import { unconditionalCheck } from './unconditional-check.ts';

/** A configured or inline list holds at most so many updates; thousands come by manifest. */
export const MOST_INLINE_UPDATES = 100;

/** The settings of `DataActionsPipeline`, each for itself. */
export const DataActionsSettings = z.strictObject({
  enabled: z
    .boolean()
    .default(true)
    .describe('Whether the schedule is on; the pipeline can be started on demand in any case'),
  schedule: Schedule.optional().describe('Default: started on demand only'),
  updates: z
    .array(DateUpdate)
    .max(MOST_INLINE_UPDATES)
    .default([])
    .describe('What a run without updates of its own applies'),
  batchSize: z.int().min(1).max(100).default(25).describe('Updates of one child execution'),
  batchesAtOnce: z
    .int()
    .min(1)
    .max(10)
    .default(2)
    .describe('Child executions side by side; the rate of the API is shared in any case'),
  webhook: z
    .enum(['run', 'item'])
    .default('run')
    .describe('What the tenant’s webhook is told: each run that is complete, or each update by itself'),
  pageSize: z
    .int()
    .min(1)
    .max(500)
    .default(25)
    .describe('Data actions that one page of their list is asked for'),
});

/** Date and time values of data actions. */
export const DataActionsPipeline = DataActionsSettings.check(
  unconditionalCheck(({ value, issues }) => {
    const { updates } = z
      .object({ updates: z.array(z.unknown()).catch([]) })
      .catch({ updates: [] })
      .parse(value);
    for (const index of actionsNamedTwice(updates))
      issues.push({
        code: 'custom',
        input: updates[index],
        path: ['updates', index, 'action'],
        message: 'must be named by one update only: two would race',
      });
  }),
);
export type DataActionsPipeline = z.infer<typeof DataActionsPipeline>;
