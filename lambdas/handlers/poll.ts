import { s3ObjectStore } from '../aws/s3-object-store.ts';
import { requireDisk } from '../dataset/checks.ts';
import { pollJob } from '../export/poll.ts';
import { isoInstant } from '../model/days.ts';
import { PollPayload, PollResult } from '../model/payloads.ts';
import { dataDownloadOf } from './connection.ts';
import { lambdaHandler } from './handler.ts';

/** Asks CXone how the window's job stands, and says when to ask again. */
export const handler = lambdaHandler(
  { name: 'poll', payload: PollPayload, result: PollResult },
  async (payload, invocation) => {
    const ports = {
      ledger: invocation,
      objects: s3ObjectStore(invocation.clients.s3, invocation.environment.LAKE_BUCKET),
      dataDownload: dataDownloadOf(invocation, payload),
      random: invocation.random,
    };
    const polled = await pollJob(ports, payload, payload);
    switch (polled.outcome) {
      case 'pending':
      case 'waiting':
        return { outcome: polled.outcome, pollAt: isoInstant(polled.pollAt) };
      case 'resubmit':
        return { outcome: polled.outcome, at: isoInstant(polled.at) };
      case 'completed': {
        const { parts } = polled.list;
        requireDisk({ parts, outputs: payload.outputs, diskLimitMegabytes: payload.transformDisk });
        return {
          outcome: polled.outcome,
          parts: parts.map(({ part }) => part),
          bytes: parts.reduce((total, { bytes }) => total + bytes, 0),
        };
      }
    }
  },
);
