/*
 * Where a value stands in a record: `metric.calls.answered`. A dot or a backslash that belongs to a key has a backslash
 * before it: `metric.calls\.total` are two keys.
 */

/** The keys of a path, from the outside in. Throws nothing: a backslash before any other character stands for itself. */
export function keysOf(path: string): string[] {
  const keys = [''];
  for (let at = 0; at < path.length; at++) {
    const character = path.charAt(at);
    const escapes = character === '\\' && /[.\\]/.test(path.charAt(at + 1));
    if (character === '.') keys.push('');
    else keys[keys.length - 1] += escapes ? path.charAt(++at) : character;
  }
  return keys;
}

/** The path of keys: the inverse of `keysOf`. */
export function pathOf(keys: readonly string[]): string {
  return keys.map((key) => key.replaceAll(/[.\\]/g, '\\$&')).join('.');
}
