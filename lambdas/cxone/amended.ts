import { type CataloguedError, catalogued } from '../model/errors.ts';

/** The same error, with one more sentence about what failed because of it, and that failure as its cause. */
export function amended(error: CataloguedError, sentence: string, failure: unknown): CataloguedError {
  const before = error.message.replace(/ \[[^[\]]*\]$/, '');
  return catalogued(error.name, `${before} ${sentence}`, error.facts, failure);
}
