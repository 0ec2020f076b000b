import { forgottenError, forgottenNote } from '../export/expired-job.ts';
import { notePoll } from '../ledger/polls.ts';
import type { RangeState } from '../ledger/ranges.ts';
import type { WindowLedger } from '../ledger/windows.ts';
import type { CataloguedError } from '../model/errors.ts';
import type { ClaimedRange } from '../model/range-payloads.ts';

/**
 * Notes that CXone has forgotten the export: a new one begins at page 1, since its pages need not be cut like those of the
 * old one. Gives the error to throw, that of `noLongerKnown`. Throws `ClaimLost`, and `LedgerContended` where the range has another export by now.
 * @param error CXone's answer
 */
export async function forgotten(
  ledger: WindowLedger,
  claim: ClaimedRange,
  state: RangeState,
  error: CataloguedError,
): Promise<CataloguedError> {
  const note = forgottenNote(claim, state);
  await notePoll(ledger, claim, state.attempt, { ...note });
  return forgottenError(claim, { ...state, ...note }, exportOf(claim), error);
}

/**
 * The error for who comes back to an export that is forgotten, or that another one has taken the place of: `JobExpired`, after which the machine
 * submits again, or asks for the other one, and `ExportFailed` where that was the third export that was forgotten under the claim.
 */
export function noLongerKnown(claim: ClaimedRange, state: RangeState): CataloguedError {
  const ended = state.jobState === 'expired' ? state : { ...state, forgottenJobs: 0 };
  return forgottenError(claim, ended, exportOf(claim));
}

function exportOf({ of, day }: ClaimedRange): string {
  return `the range of ${of} from ${day}`;
}
