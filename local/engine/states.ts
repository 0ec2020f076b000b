import type { ChoiceState, FailState, PassState, State, SucceedState, WaitState } from './definition.ts';
import { StateFault } from './errors.ts';
import { asBoolean, asInstant, asNumber, asString } from './evaluate.ts';
import { MOST_SECONDS } from './limits.ts';
import { runDistributedMap } from './map-distributed.ts';
import { runInlineMap } from './map-inline.ts';
import { runTask } from './task.ts';
import { conclude, evaluateField, type Outcome, type Visit } from './visit.ts';

/** Runs one state from its entry to what its exit event tells. Throws the `StateFault` that fails it. */
export async function runState(state: State, visit: Visit): Promise<Outcome> {
  switch (state.Type) {
    case 'Task':
      return await runTask(state, visit);
    case 'Choice':
      return await runChoice(state, visit);
    case 'Wait':
      return await runWait(state, visit);
    case 'Pass':
      return await runPass(state, visit);
    case 'Succeed':
      return await runSucceed(state, visit);
    case 'Fail':
      return await runFail(state, visit);
    case 'Map':
      return await (state.label === undefined
        ? runInlineMap(state, visit)
        : runDistributedMap(state, state.label, visit));
  }
}

async function runChoice(state: ChoiceState, visit: Visit): Promise<Outcome> {
  for (const [index, rule] of state.Choices.entries()) {
    const holds = await evaluateField(visit, `Choices[${index}]/Condition`, rule.Condition, asBoolean);
    if (holds) return await conclude(visit, rule, `Choices[${index}]/`, visit.input, rule.Next);
  }
  if (state.Default !== undefined) return await conclude(visit, state, '', visit.input, state.Default);
  throw new StateFault(
    'States.NoChoiceMatched',
    `No rule of the state '${visit.name}' holds and it has no Default.`,
  );
}

async function runWait(state: WaitState, visit: Visit): Promise<Outcome> {
  const { clock } = visit.run.services;
  if (state.Timestamp !== undefined) {
    const until = await evaluateField(visit, 'Timestamp', state.Timestamp, asInstant);
    // AWS takes a timestamp up to its seconds and cuts the milliseconds off.
    await clock.sleep(Math.floor(until / 1000) * 1000 - clock.now(), visit.scope.signal);
  } else {
    const seconds = await evaluateField(visit, 'Seconds', state.Seconds ?? 0, (field, value) =>
      asNumber(field, value, 0, MOST_SECONDS),
    );
    await clock.sleep(seconds * 1000, visit.scope.signal);
  }
  return await conclude(visit, state, '', visit.input, state.Next);
}

function runPass(state: PassState, visit: Visit): Promise<Outcome> {
  return conclude(visit, state, '', visit.input, state.Next);
}

function runSucceed(state: SucceedState, visit: Visit): Promise<Outcome> {
  return conclude(visit, { Output: state.Output }, '', visit.input, undefined);
}

async function runFail(state: FailState, visit: Visit): Promise<Outcome> {
  const error =
    state.Error === undefined ? undefined : await evaluateField(visit, 'Error', state.Error, asString);
  const cause =
    state.Cause === undefined ? undefined : await evaluateField(visit, 'Cause', state.Cause, asString);
  throw new StateFault(error, cause);
}
