export {
  amount,
  byteSize,
  counted,
  dollars,
  duration,
  instantText,
  inWords,
  namedWindows,
} from '../../lambdas/delivery/wording.ts';

/** A word as a shell takes it: quoted only where it has to be. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
