import { join } from 'node:path';
import { sealDay } from '../archive/seal-day.ts';
import { s3ObjectStore } from '../aws/s3-object-store.ts';
import { ArchiveSealOutcome, ArchiveSealRequest } from '../model/archive-payloads.ts';
import { DAY_MILLISECONDS } from '../model/days.ts';
import { examineArchive } from '../operations/examine-archive.ts';
import { examinedOf, sealingOf } from './archive-sealing.ts';
import { lambdaHandler } from './handler.ts';

/** An object is sealed, and its records are noted, within this time. */
const LAST_OBJECT_MILLISECONDS = 420_000;

/** Seals what was looked up of an archive day, or adds to an examination whether it could. */
export const handler = lambdaHandler(
  { name: 'seal-archive-day', payload: ArchiveSealRequest, result: ArchiveSealOutcome },
  async (payload, invocation) => {
    if ('examination' in payload) return examineArchive(examinedOf(invocation), payload.examination);
    const { ARCHIVE_LOCK_DAYS: lockDays } = invocation.environment;
    const ports = {
      ledger: invocation,
      objects: s3ObjectStore(invocation.clients.s3, invocation.environment.LAKE_BUCKET),
      sealing: sealingOf(invocation),
      workFolder: join(invocation.temporaryFolder, 'seal'),
      goesOn: () => invocation.remainingMilliseconds() > LAST_OBJECT_MILLISECONDS,
      ...(lockDays === undefined
        ? {}
        : { lockedUntil: () => invocation.clock.now() + lockDays * DAY_MILLISECONDS }),
    };
    return sealDay(ports, payload, payload);
  },
);
