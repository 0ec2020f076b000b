import { CataloguedError } from '../../lambdas/model/errors.ts';

/** The error of the catalogue that some work ends with. Whatever else it ends with is thrown. */
export async function failureOf(work: Promise<unknown>): Promise<CataloguedError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof CataloguedError) return error;
    throw error;
  }
  throw new Error('The work did not fail.');
}
