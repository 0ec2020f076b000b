import { AsyncLocalStorage } from 'node:async_hooks';
import { SURROUNDINGS, type Surroundings, surroundings } from '../../lambdas/model/surroundings.ts';

const invocations = new AsyncLocalStorage<Surroundings>();
let offered = false;

/** Runs a handler so that it, and what it has started, finds these surroundings; others find the process's as before. */
export function within<Result>(own: Surroundings, work: () => Result): Result {
  if (!offered) {
    const outside = surroundings();
    Reflect.set(globalThis, SURROUNDINGS, () => invocations.getStore() ?? outside);
    offered = true;
  }
  return invocations.run(own, work);
}
