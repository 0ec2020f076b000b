import { isoInstant } from '../model/days.ts';
import { SubmitExportPayload, SubmitExportResult } from '../model/range-payloads.ts';
import { submitRange } from '../paged-export/submit.ts';
import { analyticsOf } from './connection.ts';
import { lambdaHandler } from './handler.ts';

/** Sees to it that a range of days has an export in CXone. */
export const handler = lambdaHandler(
  { name: 'submit-export', payload: SubmitExportPayload, result: SubmitExportResult },
  async (payload, invocation) => {
    const ports = {
      ledger: invocation,
      analytics: analyticsOf(invocation, payload),
      random: invocation.random,
    };
    const settings = { ...payload.settings, ...payload.overrides };
    const submitted = await submitRange(ports, payload, { ...payload, settings });
    switch (submitted.outcome) {
      case 'halved':
        return submitted;
      case 'loaded':
        return { ...submitted, submittedAt: isoInstant(submitted.submittedAt) };
      case 'submitted': {
        const { pollAt, submittedAt } = submitted;
        return { ...submitted, pollAt: isoInstant(pollAt), submittedAt: isoInstant(submittedAt) };
      }
    }
  },
);
