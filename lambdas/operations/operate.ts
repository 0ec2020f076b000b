import type { Notice } from '../delivery/notices.ts';
import { pausePipeline, resumePipeline } from '../ledger/pauses.ts';
import { type GenerationId, type RunArn, runName } from '../model/ids.ts';
import type { Deployed, TenantStatus } from '../model/status.ts';
import { type Decided, decideOnInteractions } from './give-up.ts';
import { nightNotice } from './night-notice.ts';
import type { Operation } from './operation-input.ts';
import { unpinWindow } from './pins.ts';
import { type NamedWindow, type RollbackPorts, rollbackTarget } from './rollback.ts';
import { tenantStatus } from './status.ts';

/** What became of an operation: done, decided, or a rollback whose target has been found. */
export type Operated =
  | { operation: 'done'; sentence: string }
  | ({ operation: 'decided' } & Decided)
  | { operation: 'status'; status: TenantStatus }
  | { operation: 'doctor' }
  | ({ operation: 'rollback'; to: GenerationId } & NamedWindow);

/** What operations need of the world. */
export interface OperationPorts extends RollbackPorts {
  notices: { publish(notice: Notice): Promise<void> };
}

/** Does what is asked, or finds the generation that a rollback leads to. Each can be repeated. Throws `RollbackImpossible` and `GiveUpImpossible`. */
export async function operate(
  ports: OperationPorts,
  operation: Operation,
  { run, deployed }: { run: RunArn; deployed: Deployed },
): Promise<Operated> {
  const { ledger } = ports;
  switch (operation.name) {
    case 'rollback': {
      const { dataset, day, to } = operation.request;
      return { operation: 'rollback', dataset, day, to: await rollbackTarget(ports, { dataset, day }, to) };
    }
    case 'unpin': {
      const { dataset, day } = operation.request;
      const unpinned = await unpinWindow(ledger, operation.request);
      return done(
        unpinned
          ? `${dataset} ${day} is unpinned: the next run that takes it may commit it.`
          : `${dataset} ${day} was not pinned.`,
      );
    }
    case 'pause': {
      const { pipeline, reason } = operation.request;
      const paused = await pausePipeline(ledger, pipeline, { by: runName(run), reason });
      return done(
        paused ? `${pipeline} is paused: its schedule does nothing.` : `${pipeline} was paused already.`,
      );
    }
    case 'resume': {
      const { pipeline } = operation.request;
      const resumed = await resumePipeline(ledger, pipeline);
      return done(
        resumed ? `${pipeline} is resumed: its next run takes what was left.` : `${pipeline} was not paused.`,
      );
    }
    case 'giveUp':
    case 'takeUp': {
      const { interactions: ids, reason } = operation.request;
      const step = operation.name === 'giveUp' ? 'givenUp' : 'takenUp';
      return { operation: 'decided', ...(await decideOnInteractions(ledger, { step, ids, reason, run })) };
    }
    case 'nightNotice': {
      const { scheduledTime } = operation.request;
      const instant = scheduledTime === undefined ? ledger.clock.now() : Date.parse(scheduledTime);
      const { notice } = await nightNotice(ledger, deployed, instant);
      await ports.notices.publish(notice);
      return done(notice.subject);
    }
    case 'doctor':
      return { operation: 'doctor' };
    case 'status':
      return { operation: 'status', status: await tenantStatus(ledger, deployed) };
  }
}

function done(sentence: string): Operated {
  return { operation: 'done', sentence };
}
