/** What came of work side by side. */
export interface SideBySide<Result> {
  /** Results of the first items, in their order: those before the first that was not done. */
  done: Result[];
  /** What the first item that failed threw. */
  stopped?: { error: unknown };
}

/**
 * Works on items, at most `atOnce` side by side. After a failure, or when it may not go on, nothing more is begun, and what
 * is under way is waited for.
 */
export async function sideBySide<Item, Result>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<Result>,
  goesOn: () => boolean = () => true,
): Promise<SideBySide<Result>> {
  const results = new Map<number, Result>();
  let next = 0;
  const failures = new Map<number, unknown>();
  const worker = async () => {
    while (failures.size === 0 && next < items.length && goesOn()) {
      const at = next;
      next += 1;
      const item = items[at];
      if (item === undefined) return;
      try {
        results.set(at, await work(item));
      } catch (error) {
        failures.set(at, error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  const done: Result[] = [];
  for (let at = 0; results.has(at); at += 1) {
    const result = results.get(at);
    if (result !== undefined) done.push(result);
  }
  if (failures.size === 0) return { done };
  return { done, stopped: { error: failures.get(Math.min(...failures.keys())) } };
}

/** Works on all items, at most `atOnce` side by side; throws what the first failure threw. */
export async function allSideBySide<Item, Result>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const { done, stopped } = await sideBySide(items, atOnce, async (item) => ({ result: await work(item) }));
  if (stopped !== undefined) throw stopped.error;
  return done.map(({ result }) => result);
}
