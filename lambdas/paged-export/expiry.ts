import { noteExpired, type RangeState, resetExpiries } from '../ledger/ranges.ts';
import type { WindowLedger } from '../ledger/windows.ts';
import { type CataloguedError, catalogued } from '../model/errors.ts';
import type { ClaimedRange } from '../model/range-payloads.ts';
import { LONGEST_EXPIRIES } from './polling.ts';

/**
 * Notes that CXone has forgotten the export: a new one begins at page 1, since its pages need not be cut like those of the
 * old one. Gives the error to throw: `JobExpired`, after which the machine submits again, and `ExportFailed` when one
 * export after the other has been forgotten; the count begins anew then.
 */
export async function forgotten(
  ledger: WindowLedger,
  claim: ClaimedRange,
  state: RangeState,
  error: CataloguedError,
): Promise<CataloguedError> {
  await noteExpired(ledger, claim, state.attempt);
  if (state.expiries + 1 < LONGEST_EXPIRIES) return error;
  await resetExpiries(ledger, claim, state.attempt);
  return catalogued(
    'ExportFailed',
    `CXone forgot the export of ${claim.of} from ${claim.day} ${LONGEST_EXPIRIES} times before it was loaded.`,
    { job: state.jobId, pages: state.pages },
    error,
  );
}
