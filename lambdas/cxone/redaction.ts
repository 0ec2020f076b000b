import type { Secret } from './secret.ts';

/** What stands where a secret stood. */
export const REDACTED = '(redacted)';

/** Shorter runs of characters say nothing of a secret that they occur in. */
const SHORTEST_FRAGMENT = 8;

const CREDENTIAL_FIELDS =
  /\b(access_token|refresh_token|id_token|client_secret|client_id|token|password|secret|authorization|signature|sig)\b(\\?["']?\s*[=:]\s*\\?["']?)(?:(?:bearer|basic)\s+)?[^\s"'&,;}\\]+/gi;
const AUTHORIZATIONS = /\b(bearer|basic)\s+[\w.~+/=-]+/gi;
const JSON_WEB_TOKENS = /\beyJ[\w-]{4,}(?:\.[\w-]*){0,2}/g;
const QUERIES = /(\bhttps?:\/\/[^\s?"']+|\/[\w./%-]+)\?[^\s"']+/gi;
const FRAGMENTS = /[\w.~+/=%-]{8,}/g;

/**
 * Makes the function that every text of CXone passes before it reaches a message or a log. It takes out the given secrets,
 * their encoded forms and pieces of them from eight characters on, and whatever looks like a credential: bearer and basic
 * authorisations, JSON web tokens, fields such as `client_secret=…`, and the queries of addresses.
 */
export function redactor(secrets: readonly Secret[]): (text: string) => string {
  const forms = [...new Set(secrets.flatMap((secret) => formsOf(secret.reveal())))];
  return (text) => {
    const known = forms.reduce((rest, form) => rest.replaceAll(form, REDACTED), text);
    return known
      .replaceAll(FRAGMENTS, (run) => (forms.some((form) => form.includes(run)) ? REDACTED : run))
      .replaceAll(QUERIES, `$1?${REDACTED}`)
      .replaceAll(AUTHORIZATIONS, `$1 ${REDACTED}`)
      .replaceAll(JSON_WEB_TOKENS, REDACTED)
      .replaceAll(CREDENTIAL_FIELDS, `$1$2${REDACTED}`);
  };
}

function formsOf(value: string): string[] {
  const bytes = Buffer.from(value);
  return [
    value,
    encodeURIComponent(value),
    new URLSearchParams({ v: value }).toString().slice(2),
    JSON.stringify(value).slice(1, -1),
    bytes.toString('base64'),
    bytes.toString('base64url'),
  ].filter((form) => form.length >= SHORTEST_FRAGMENT);
}

/** One line of at most `length` characters, for a message. */
export function oneLine(text: string, length = 300): string {
  const line = text.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim();
  return line.length <= length ? line : `${line.slice(0, length - 1)}…`;
}
