import { Agent, type Dispatcher, EnvHttpProxyAgent } from 'undici';
import type { z } from 'zod';
import type { Timeouts } from '../model/families.ts';

const made = new Map<string, Dispatcher>();

/**
 * The pool of connections for calls with these time limits, through the proxy where one is given (never to this machine
 * itself). Made when first asked for and kept for later invocations.
 */
export function dispatcherFor(timeouts: z.infer<typeof Timeouts>, proxy?: string): Dispatcher {
  const identity = JSON.stringify([timeouts, proxy]);
  const existing = made.get(identity);
  if (existing) return existing;
  const settings = {
    connect: { timeout: timeouts.connectSeconds * 1_000 },
    headersTimeout: timeouts.responseSeconds * 1_000,
    bodyTimeout: timeouts.idleSeconds * 1_000,
  };
  const dispatcher =
    proxy === undefined
      ? new Agent(settings)
      : new EnvHttpProxyAgent({
          ...settings,
          httpProxy: proxy,
          httpsProxy: proxy,
          noProxy: '127.0.0.1,localhost',
        });
  made.set(identity, dispatcher);
  return dispatcher;
}
