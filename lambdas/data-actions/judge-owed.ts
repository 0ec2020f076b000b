import type { OwedChange } from '../ledger/owed-changes.ts';
import { dateProcessingText, firstDifference, holds } from './action-text.ts';
import type { JudgedChange } from './progress.ts';

/** What an action shows of changes that no record tells. */
export interface OwedJudgement {
  /** Made, or perhaps made: each is owed a record. */
  judged: JudgedChange[];
  /** The one whose values the action holds now. */
  inPlace: OwedChange | undefined;
  /** The action is as it was before them. They are dropped before something else is written. */
  notMade: OwedChange[];
}

/**
 * Tells, from what an action holds now, what has become of changes whose runs did not live to tell. Whoever asks has the turn at the
 * action: none of them is still under way.
 *
 * @param owed the latest first: of several with the values that are there it is the last that was meant
 */
export function judgeOwed(owed: readonly OwedChange[], action: string): OwedJudgement {
  const found = dateProcessingText(action) ?? 'null';
  const inPlace = owed.find(({ wanted }) => holds(action, wanted));
  const judgement: OwedJudgement = { judged: [], inPlace, notMade: [] };
  for (const change of owed) {
    const verdict = change.verdict ?? verdictOn(change, { action, found, inPlace });
    if (verdict === undefined) judgement.notMade.push(change);
    else judgement.judged.push({ sk: change.sk, verdict, found: change.found ?? found });
  }
  return judgement;
}

function verdictOn(
  change: OwedChange,
  { action, found, inPlace }: { action: string; found: string; inPlace: OwedChange | undefined },
): JudgedChange['verdict'] | undefined {
  if (change === inPlace) return 'made';
  if (holds(action, change.wanted) || isSame(change.before, found)) return undefined;
  // A record says already that it may have been made, and nobody will know more.
  return change.told ? undefined : 'unclear';
}

function isSame(left: string, right: string): boolean {
  return firstDifference(`{"held":${left}}`, `{"held":${right}}`) === undefined;
}
