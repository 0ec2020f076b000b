import { CataloguedError } from '../../lambdas/model/errors.ts';

/** The error of the catalogue that the work ends with. */
export async function thrownBy(work: Promise<unknown> | (() => unknown)): Promise<CataloguedError> {
  try {
    await (typeof work === 'function' ? work() : work);
  } catch (error) {
    if (error instanceof CataloguedError) return error;
    throw error;
  }
  throw new Error('There was no error.');
}
