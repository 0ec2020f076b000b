import { z } from 'zod';
import type { TokenCipher, TokenContext } from '../../lambdas/cxone/access-token.ts';
import { catalogued } from '../../lambdas/model/errors.ts';

const Sealed = z.tuple([z.string(), z.string()]);

/** Seals as a key service does, in that nothing opens in another context; it hides nothing from who wants to read. */
export const testCipher: TokenCipher = {
  async seal(plaintext, context) {
    return Buffer.from(JSON.stringify([contextText(context), plaintext])).toString('base64');
  },
  async open(ciphertext, context) {
    const text = Buffer.from(ciphertext, 'base64').toString('utf8');
    const [sealedFor, plaintext] = Sealed.parse(JSON.parse(text));
    if (sealedFor !== contextText(context)) throw catalogued('LedgerUnreadable', 'It does not open.');
    return plaintext;
  },
};

function contextText({ tenant, family, kind }: TokenContext): string {
  return `${tenant}/${family}/${kind}`;
}
