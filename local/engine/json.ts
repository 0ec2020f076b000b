/** A JSON value. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A JSON object. */
export type JsonObject = { [key: string]: Json };

/** Parses JSON text. Throws `SyntaxError`. */
export function parseJson(text: string): Json {
  return JSON.parse(text);
}

/**
 * The value as JSON carries it: a copy, without what JSON does not know (functions, undefined, the marks that JSONata
 * leaves on arrays). Undefined where JSON has no form for the value at all.
 *
 * @param replace as JSON.stringify's replacer.
 */
export function throughJson(
  value: unknown,
  replace?: (key: string, value: unknown) => unknown,
): Json | undefined {
  const text = JSON.stringify(value, replace);
  return text === undefined ? undefined : parseJson(text);
}

/** Whether the value is a JSON object. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The kind of a value, for messages that must not show the value. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
