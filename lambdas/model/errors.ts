import { CATALOGUE, type CatalogueEntry, type ErrorName } from './error-catalogue.ts';

/** Facts of an error: small, free of secrets and personal data. They end the message as `[name=value …]`. */
export type ErrorFacts = Readonly<Record<string, string | number | boolean | undefined>>;

/**
 * An error of the catalogue. Step Functions sees its `name` as the Error and its message in the Cause, so machines match
 * the name and read facts from the message's tail.
 */
export class CataloguedError extends Error {
  override readonly name: ErrorName;
  readonly facts: ErrorFacts;
  /** The message without its tail: for an error that is told as another one, with the same facts. */
  readonly sentence: string;

  constructor(name: ErrorName, message: string, facts: ErrorFacts = {}, options?: ErrorOptions) {
    super(`${message}${factsTail(facts)}`, options);
    this.name = name;
    this.sentence = message;
    this.facts = facts;
  }

  /** What the catalogue says of this error. */
  get entry(): CatalogueEntry {
    return CATALOGUE[this.name];
  }
}

/** Makes an error of the catalogue. */
export function catalogued(
  name: ErrorName,
  message: string,
  facts?: ErrorFacts,
  cause?: unknown,
): CataloguedError {
  return new CataloguedError(name, message, facts, cause === undefined ? undefined : { cause });
}

/** Whether the error is the catalogue's one of that name. */
export function isError(error: unknown, name: ErrorName): error is CataloguedError {
  return error instanceof CataloguedError && error.name === name;
}

function factsTail(facts: ErrorFacts): string {
  const written = Object.entries(facts)
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([name, value]) => `${name}=${String(value).replaceAll(/[\s[\]]+/g, '_')}`);
  return written.length === 0 ? '' : ` [${written.join(' ')}]`;
}

/** Reads a fact from the tail of a message, or undefined where it has none of that name. The inverse of what the constructor writes. */
export function factIn(message: string, name: string): string | undefined {
  const tail = /\[([^[\]]*)\]$/.exec(message)?.[1];
  const pair = tail?.split(' ').find((written) => written.startsWith(`${name}=`));
  return pair?.slice(name.length + 1);
}
