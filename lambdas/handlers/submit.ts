import { submitWindow } from '../export/submit.ts';
import { isoInstant } from '../model/days.ts';
import { SubmitPayload, SubmitResult } from '../model/payloads.ts';
import { dataDownloadOf } from './connection.ts';
import { lambdaHandler } from './handler.ts';

/** Sees to it that the window has an export job in CXone. */
export const handler = lambdaHandler(
  { name: 'submit', payload: SubmitPayload, result: SubmitResult },
  async (payload, invocation) => {
    const ports = {
      ledger: invocation,
      dataDownload: dataDownloadOf(invocation, payload),
      random: invocation.random,
    };
    const { pollAt, ...job } = await submitWindow(ports, payload, payload.task, {
      ...payload.settings,
      ...payload.overrides,
    });
    return { ...job, pollAt: isoInstant(pollAt) };
  },
);
