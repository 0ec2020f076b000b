/**
 * Runs `work(0)` to `work(count - 1)`, at most `limit` at once, in this order of starting. After a rejection nothing
 * more is started; when what runs has settled, the first rejection is thrown.
 */
export async function runPool(
  count: number,
  limit: number,
  work: (index: number) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = [];
  let next = 0;
  async function strand(): Promise<void> {
    while (next < count && failures.length === 0) {
      const index = next;
      next += 1;
      try {
        await work(index);
      } catch (error) {
        failures.push(error);
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(limit, count) }, strand));
  if (failures.length > 0) throw failures[0];
}
