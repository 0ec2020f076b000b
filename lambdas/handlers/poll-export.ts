import { isoInstant } from '../model/days.ts';
import { PollExportPayload, PollExportResult } from '../model/range-payloads.ts';
import { pollRange } from '../paged-export/poll.ts';
import { analyticsOf } from './connection.ts';
import { lambdaHandler } from './handler.ts';

/** Asks CXone how the export of a range stands, and says when to ask again. */
export const handler = lambdaHandler(
  { name: 'poll-export', payload: PollExportPayload, result: PollExportResult },
  async (payload, invocation) => {
    const ports = {
      ledger: invocation,
      analytics: analyticsOf(invocation, payload),
      random: invocation.random,
    };
    const polled = await pollRange(ports, payload, payload);
    switch (polled.outcome) {
      case 'pending':
      case 'waiting':
        return { outcome: polled.outcome, pollAt: isoInstant(polled.pollAt) };
      case 'resubmit':
        return { outcome: polled.outcome, at: isoInstant(polled.at) };
      case 'completed':
        return { outcome: polled.outcome };
    }
  },
);
