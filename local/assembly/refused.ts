/** The cloud assembly cannot be run here. Carries every problem, each with its path. */
export class AssemblyRefused extends Error {
  override readonly name = 'AssemblyRefused';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The cloud assembly cannot be run here:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

/** One thing that cannot be resolved, with the path at which it stands. */
export class Unresolvable extends Error {
  override readonly name = 'Unresolvable';

  constructor(path: string, reason: string) {
    super(`${path}: ${reason}`);
  }
}

/** Runs each step and gathers what they cannot resolve. Throws `AssemblyRefused` with all of it. */
export function gathering<Item, Result>(items: readonly Item[], step: (item: Item) => Result): Result[] {
  const problems: string[] = [];
  const results = items.flatMap((item) => {
    try {
      return [step(item)];
    } catch (error) {
      if (error instanceof Unresolvable) problems.push(error.message);
      else if (error instanceof AssemblyRefused) problems.push(...error.problems);
      else throw error;
      return [];
    }
  });
  if (problems.length > 0) throw new AssemblyRefused(problems);
  return results;
}
