import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { oneLine, redactor } from '../../../lambdas/cxone/redaction.ts';
import { fingerprintOf, Secret } from '../../../lambdas/cxone/secret.ts';

const token = fc.string({
  minLength: 16,
  maxLength: 80,
  unit: fc.constantFrom(...'ABCDEFGHJKLMNPQRSTUVWXYZ23456789-_.~+/='),
});

describe('redaction', () => {
  it('ALL-10 leaves no piece of eight characters of a secret, wherever it is echoed', () => {
    fc.assert(
      fc.property(token, fc.string(), fc.string(), fc.nat(), (value, before, after, cut) => {
        const start = cut % (value.length - 8);
        const fragment = value.slice(start, start + 8 + (cut % 9));
        const echoes = [
          value,
          fragment,
          encodeURIComponent(value),
          Buffer.from(value).toString('base64'),
          JSON.stringify({ message: value }),
          `Bearer ${value}`,
        ];

        const shown = redactor([new Secret(value)])(
          echoes.map((echo) => `${before} ${echo} ${after}`).join(' '),
        );

        const pieces = Array.from({ length: value.length - 7 }, (_, at) => value.slice(at, at + 8));
        const left = pieces.filter((piece) => shown.includes(piece) && !`${before} ${after}`.includes(piece));
        expect(left).toEqual([]);
      }),
    );
  });

  it.each([
    ['authorization: Basic dXNlcjpwYXNzd29yZA==', 'dXNlcjpwYXNzd29yZA'],
    ['got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln from you', 'eyJhbGciOiJIUzI1NiJ9'],
    ['{"client_secret":"hunter2hunter2"}', 'hunter2'],
    ['refresh_token=abc123&grant_type=refresh_token', 'abc123'],
    ['see https://files.example.com/part1?X-Amz-Signature=00ff00ff&x=1', '00ff00ff'],
    ['password: "letmein"', 'letmein'],
  ])('ALL-10 takes out of %j what looks like a credential', (text, secret) => {
    const shown = redactor([])(text);

    expect(shown).not.toContain(secret);
  });

  it('ALL-10 keeps words that are no secret', () => {
    const text = 'The column Disposition is unknown (code 4711) in /api/v2/data/download/requests';

    const shown = redactor([new Secret('a-secret-of-some-length')])(text);

    expect(shown).toBe(text);
  });

  it('ALL-10 makes one bounded line of any text', () => {
    const line = oneLine(`a\r\n\tb\u0000c${'x'.repeat(500)}`);

    expect([line.length, line.slice(0, 6)]).toEqual([300, 'a b cx']);
  });
});

describe('a secret', () => {
  it('ALL-07 shows itself in no print, text or JSON', () => {
    const secret = new Secret('very-secret-value');

    const shown = [inspect({ secret }), `${secret}`, JSON.stringify({ secret }), String([secret])].join();

    expect(shown).not.toContain('very-secret-value');
  });

  it('ALL-07 is named by 16 hex digits of its SHA-256', () => {
    const fingerprint = fingerprintOf(new Secret('abc'));

    expect(fingerprint).toBe('ba7816bf8f01cfea');
  });
});
