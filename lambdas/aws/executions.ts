import { DescribeExecutionCommand, ExecutionDoesNotExist, type SFNClient } from '@aws-sdk/client-sfn';
import type { RunArn } from '../model/ids.ts';
import type { ExecutionFacts } from '../model/ports.ts';

/** Looks executions up in Step Functions. */
export function executions(client: SFNClient) {
  const describe = async (run: RunArn): Promise<ExecutionFacts | undefined> => {
    try {
      const found = await client.send(new DescribeExecutionCommand({ executionArn: run }));
      return {
        run,
        status: found.status ?? 'RUNNING',
        startedAt: found.startDate?.getTime() ?? 0,
        ...(found.stopDate === undefined ? {} : { endedAt: found.stopDate.getTime() }),
        input: found.input ?? '{}',
        ...(found.error === undefined ? {} : { error: found.error }),
        ...(found.cause === undefined ? {} : { cause: found.cause }),
        redrives: found.redriveCount ?? 0,
      };
    } catch (error) {
      // Step Functions forgets executions 90 days after their end.
      if (error instanceof ExecutionDoesNotExist) return undefined;
      throw error;
    }
  };
  return {
    describe,
    async hasEnded(run: RunArn): Promise<boolean> {
      const status = (await describe(run))?.status;
      return status !== 'RUNNING' && status !== 'PENDING_REDRIVE';
    },
  };
}
