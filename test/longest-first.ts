import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Folders whose files take longest: begun last, one of them would keep a single core busy at the end. */
const LONG = ['/test/fault/', '/test/workflow/', '/test/e2e/', '/test/template/'];

/** Begins the files that take longest, also where no earlier run has left their times. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const found = LONG.findIndex((folder) => moduleId.includes(folder));
      return found === -1 ? LONG.length : found;
    };
    const sorted = await super.sort(files);
    return sorted.toSorted((left, right) => rank(left) - rank(right));
  }
}
