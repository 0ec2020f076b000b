import { errors } from 'undici';
import { CataloguedError, catalogued, type ErrorFacts } from '../model/errors.ts';
import { codeOf } from '../model/named-breaks.ts';

/**
 * What a failure of the connection is to the pipelines: `ConnectionLost` with the code of the socket or of the time limit.
 * An error that has its name already, and a request of ours that cannot be sent at all, stay as they are.
 */
export function asConnectionLost(error: unknown, facts: ErrorFacts): unknown {
  if (error instanceof CataloguedError || error instanceof errors.InvalidArgumentError) return error;
  const code = codeOf(error);
  return catalogued('ConnectionLost', `The connection to CXone failed: ${code}.`, { ...facts, code }, error);
}
