import { type Access, fingerprint } from './access.ts';
import type { Spoil } from './behaviour.ts';
import type { LoggedCall } from './call-log.ts';
import { type Answer, type Exchange, page, type Route, refusal } from './exchange.ts';
import { type DueFault, faultAnswer } from './faults.ts';
import type { Watch } from './watch.ts';

/** What becomes of a call: an answer, perhaps spoilt on its way, or a reset connection. */
export type Outcome = { readonly answer: Answer; readonly spoil: Spoil | undefined } | 'reset';

/** What stands before every family: blocks, tokens, limits and faults. */
export interface Gateway {
  readonly access: Access;
  readonly watch: Watch;
  readonly faults: (route: Route, day: string | undefined) => DueFault | undefined;
}

/** Takes a call through everything before its family, and to it. */
export async function handle(
  { access, watch, faults }: Gateway,
  route: Route,
  arrived: Exchange,
  call: LoggedCall,
): Promise<Outcome> {
  if (watch.isBlocked(arrived.now)) return blocked(call);
  const allowed = authorise(access, route, arrived);
  if ('status' in allowed) return unspoilt(allowed);
  const exchange = { ...arrived, client: allowed.client };
  const caller = `${route.family} ${exchange.client}`;
  watch.arrived(caller, exchange.sentAt);
  if (watch.isBlocked(exchange.now)) return blocked(call);
  const wait = route.family === 'token' ? undefined : watch.exceedsRate(caller, exchange.sentAt);
  if (wait !== undefined) return throttled(watch, caller, exchange, wait);
  const refused = route.admit(exchange);
  if (refused !== undefined) return unspoilt(refused);
  const fault = faults(route, route.day(exchange));
  if (fault === undefined) return unspoilt(await route.answer(exchange));
  call.fault = fault.name;
  return befall(watch, fault, route, exchange, caller);
}

async function befall(
  watch: Watch,
  { effect, turn }: DueFault,
  route: Route,
  exchange: Exchange,
  caller: string,
): Promise<Outcome> {
  switch (effect.act) {
    case 'answer':
      if (effect.retryAfter !== undefined) {
        watch.askedToWait(caller, exchange.sentAt, effect.retryAfter.seconds);
      }
      return unspoilt(faultAnswer({ effect, turn }, exchange));
    case 'block':
      watch.block(exchange.now, effect.seconds * 1000);
      return unspoilt(page(403, 'Forbidden'));
    case 'reset-before':
      return 'reset';
    case 'lost-reply':
      await route.answer(exchange);
      return 'reset';
    case 'spoil':
      return { answer: await route.answer(exchange), spoil: effect.how };
  }
}

function authorise(access: Access, route: Route, exchange: Exchange): Answer | { client: string } {
  if (route.family === 'token') return { client: clientOf(exchange.body) };
  if (route.scope === undefined) return { client: '' };
  const token = bearerOf(exchange.headers.authorization);
  const known = token === undefined ? undefined : access.check(token, exchange.now);
  if (known === undefined) {
    const headers = { 'www-authenticate': 'Bearer error="invalid_token"' };
    return refusal(
      401,
      'UNAUTHORIZED',
      'the token is missing, expired or revoked',
      exchange.requestId,
      headers,
    );
  }
  if (!known.scopes.includes(route.scope)) {
    return refusal(403, 'INSUFFICIENT_SCOPE', `the scope ${route.scope} is missing`, exchange.requestId);
  }
  return { client: known.client };
}

function clientOf(form: string): string {
  return new URLSearchParams(form).get('client_id') ?? '';
}

/** The token of an `Authorization` header. */
export function bearerOf(header: string | undefined): string | undefined {
  return /^Bearer (\S+)$/i.exec(header ?? '')?.[1];
}

/** The fingerprint of whatever an `Authorization` header carries. */
export function fingerprintOf(header: string | undefined): string | undefined {
  return header === undefined ? undefined : fingerprint(bearerOf(header) ?? header);
}

function throttled(watch: Watch, caller: string, exchange: Exchange, seconds: number): Outcome {
  watch.askedToWait(caller, exchange.sentAt, seconds);
  const headers = { 'retry-after': String(seconds) };
  return unspoilt(refusal(429, 'TOO_MANY_REQUESTS', 'too many calls', exchange.requestId, headers));
}

function blocked(call: LoggedCall): Outcome {
  call.fault = 'blocked';
  return unspoilt(page(403, 'Forbidden'));
}

function unspoilt(answer: Answer): Outcome {
  return { answer, spoil: undefined };
}
