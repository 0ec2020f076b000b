/**
 * Works on items side by side and gives the results in the items' order: at most `atOnce` are under way or done and not taken yet.
 * Who takes them works on one while the next are made. An error comes when its item's turn has come; nothing is under way
 * any more when this ends, however it ends.
 */
export async function* inOrder<Item, Result>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const begun: Promise<Result>[] = [];
  const begin = (until: number) => {
    for (const item of items.slice(begun.length, until)) {
      const result = work(item);
      // It is looked at when its turn comes; until then nobody is to call it unhandled.
      result.catch(() => undefined);
      begun.push(result);
    }
  };
  try {
    for (let next = 0; next < items.length; next++) {
      begin(next + atOnce);
      const result = begun[next];
      if (result !== undefined) yield await result;
    }
  } finally {
    await Promise.allSettled(begun);
  }
}
