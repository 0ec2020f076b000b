import { setImmediate } from 'node:timers/promises';

/** What a machine that was stopped is thrown: nothing of it goes on. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
}

/** Where a machine stops: before or after its n-th call, from 0. */
export interface StopPoint {
  call: number;
  when: 'before' | 'after';
}

/** One machine among several, whose calls to the world take turns. */
export interface Machine {
  /** Makes the call when it is this machine's turn. Throws `Stopped` where the machine is to stop. */
  turn<Result>(call: () => Promise<Result>): Promise<Result>;
}

/**
 * Runs machines side by side, one call at a time, each call by the machine that `choices` names: the same choices make the
 * same run. Says how each machine ended.
 */
export async function interleave(
  work: readonly ((machine: Machine) => Promise<unknown>)[],
  choices: readonly number[],
  stops: readonly (StopPoint | undefined)[] = [],
): Promise<PromiseSettledResult<unknown>[]> {
  const waiting: (() => void)[] = [];
  let running = work.length;
  const machines = work.map((does, index) => does(machineOf(stops[index])).finally(() => (running -= 1)));
  const ended = Promise.allSettled(machines);

  function machineOf(stop: StopPoint | undefined): Machine {
    let calls = 0;
    return {
      async turn(call) {
        await new Promise<void>((go) => {
          waiting.push(go);
          running -= 1;
        });
        running += 1;
        const stopsHere = stop !== undefined && calls >= stop.call;
        calls += 1;
        if (stopsHere && (stop.when === 'before' || calls > stop.call + 1)) throw new Stopped();
        const result = await call();
        if (stopsHere) throw new Stopped();
        return result;
      },
    };
  }

  let step = 0;
  for (;;) {
    while (running > 0) await setImmediate();
    if (waiting.length === 0) return ended;
    const choice = (choices[step % Math.max(1, choices.length)] ?? 0) % waiting.length;
    step += 1;
    for (const go of waiting.splice(choice, 1)) go();
    await setImmediate();
  }
}

/** A port whose every method waits for the machine's turn. Generators are left as they are: they read only. */
export function inTurn<Port extends object>(port: Port, machine: Machine): Port {
  return new Proxy(port, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== 'function' || name === 'query' || name === 'list') return method;
      return (...given: unknown[]) => machine.turn(async () => Reflect.apply(method, target, given));
    },
  });
}
