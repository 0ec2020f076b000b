import { createHmac } from 'node:crypto';
import { catalogued } from '../model/errors.ts';
import { isHashed, type Mapping, type Privacy } from '../model/mapping.ts';

/** The key of `hash`: bytes of a secret of the tenant. It stands in no file, no state and no message. */
export type PrivacyKey = Uint8Array;

const MASK = '****';
/** Characters that a mask leaves, and how long a text must be for that. */
const SHOWN = 4;
const SHOWN_ABOVE = 8;

/** Turns a value into what may be written of it. */
export type Protection = (value: string) => string;

/** What may be written of a column's values. Throws `SettingsRefused` where they are to be hashed and there is no key. */
export function protectionOf(privacy: Privacy | undefined, key: PrivacyKey | undefined): Protection {
  switch (privacy) {
    case 'hash': {
      if (key === undefined)
        throw catalogued('SettingsRefused', 'A column is to be hashed and there is no key to do so.');
      return (value) => createHmac('sha256', key).update(value).digest('hex');
    }
    case 'mask':
      return masked;
    case 'drop':
      return () => '';
    case 'keep':
    case undefined:
      return (value) => value;
  }
}

function masked(value: string): string {
  const characters = [...value];
  return characters.length > SHOWN_ABOVE ? `${MASK}${characters.slice(-SHOWN).join('')}` : MASK;
}

/** Whether anything of the dataset is not to be seen by everybody: a text that cannot be told apart into values is withheld then. */
export function isPrivate({ columns }: Mapping): boolean {
  return columns.some(({ privacy = 'keep' }) => privacy !== 'keep');
}

/** Names the key without being it: a generation hashed under another key is another one. Undefined where nothing is hashed. */
export function keyFingerprint(
  { columns }: Pick<Mapping, 'columns'>,
  key: PrivacyKey | undefined,
): string | undefined {
  return key === undefined || !isHashed({ columns }) ? undefined : fingerprintOfKey(key);
}

/** Names a key without being it: 16 hex digits. */
export function fingerprintOfKey(key: PrivacyKey): string {
  return createHmac('sha256', key).update('cxone-export key fingerprint').digest('hex').slice(0, 16);
}
