import { once } from 'node:events';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { Webhook } from 'standardwebhooks';
import { z } from 'zod';
import { RECEIVER_CERTIFICATE, RECEIVER_KEY } from './receiver-identity.ts';

/** What the tests' receiver and sender share. */
export const SIGNING_SECRET = `whsec_${Buffer.from('thirty-two bytes for the tests!!').toString('base64')}`;

const Message = z.looseObject({
  type: z.enum(['records', 'committed', 'failed', 'dataActionUpdated', 'dataActionsUpdated', 'test']),
  delivery: z.string(),
  batch: z.number(),
  batches: z.number(),
  dataset: z.string().optional(),
  day: z.string().optional(),
  commit: z.number().optional(),
  generation: z.string().optional(),
  replaces: z.string().nullable().optional(),
  count: z.number().optional(),
  records: z.array(z.record(z.string(), z.unknown())).optional(),
});
export type Message = z.infer<typeof Message>;

/** A post as it came in. */
export interface Post {
  headers: IncomingHttpHeaders;
  body: string;
  message: Message;
}

/** A receiver as docs/webhooks.md describes one: it verifies, tells repetitions by their id, and keeps what is current. */
export interface WebhookReceiver {
  readonly url: string;
  readonly certificateAuthority: string;
  /** Every post that was verified, repetitions included. */
  readonly posts: readonly Post[];
  /** Posts whose signature did not hold. */
  readonly unverified: number;
  /** Records of a day as the receiver has them. */
  recordsOf(dataset: string, day: string): Record<string, unknown>[];
  /** The same records as the texts that came in: what stands between the brackets of each batch. */
  textsOf(dataset: string, day: string): string[];
  /** How a post is answered, after it has been taken in: default 204. Answering nothing leaves the sender without an acknowledgement. */
  answer(how: (post: Post, response: ServerResponse) => void): void;
  /** Told before a post is taken in and before it is answered; one that throws leaves the sender without an answer. */
  announce(listener: Announcement | undefined): void;
  /** Forgets everything: another sender's deliveries may have the same ids. */
  forget(): void;
  close(): Promise<void>;
}

/** Hears of posts by the batches that they bring. */
export type Announcement = (phase: 'before' | 'after', request: string) => Promise<void>;

interface Holding {
  commit: number;
  records: Record<string, unknown>[];
  texts: string[];
}

/** Begins the records of a body. */
const RECORDS = '"records":[';

/** Starts a receiver on 127.0.0.1. */
export async function openReceiver(): Promise<WebhookReceiver> {
  const posts: Post[] = [];
  const seen = new Set<string>();
  const days = new Map<string, Holding>();
  let unverified = 0;
  let respond = (_post: Post, response: ServerResponse): void => {
    response.writeHead(204).end();
  };
  const server = createServer({ key: RECEIVER_KEY, cert: RECEIVER_CERTIFICATE }, (incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      if (!verified(incoming.headers, body)) {
        unverified += 1;
        response.writeHead(401).end();
        return;
      }
      const post = { headers: incoming.headers, body, message: Message.parse(JSON.parse(body)) };
      receive(post, response).catch(() => response.destroy());
    });
  });

  let announced: Announcement | undefined;

  async function receive(post: Post, response: ServerResponse): Promise<void> {
    const { type, day = type, batch } = post.message;
    const request = `webhook POST ${day} batch ${batch}`;
    await announced?.('before', request);
    posts.push(post);
    takeIn(post);
    await announced?.('after', request);
    respond(post, response);
  }

  function takeIn({ message, body }: Post): void {
    if (seen.has(message.delivery)) return;
    seen.add(message.delivery);
    if (message.type !== 'records') return;
    const day = `${message.dataset} ${message.day}`;
    const { commit = 0, records = [] } = message;
    const held = days.get(day);
    if (held !== undefined && held.commit > commit) return;
    const current = held === undefined || held.commit < commit ? { commit, records: [], texts: [] } : held;
    current.records.push(...records);
    current.texts.push(body.slice(body.indexOf(RECORDS) + RECORDS.length, -']}'.length));
    days.set(day, current);
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The receiver has no TCP address.');
  return {
    url: `https://127.0.0.1:${address.port}/ingest`,
    certificateAuthority: `${RECEIVER_CERTIFICATE}\n`,
    posts,
    get unverified() {
      return unverified;
    },
    recordsOf: (dataset, day) => days.get(`${dataset} ${day}`)?.records ?? [],
    textsOf: (dataset, day) => days.get(`${dataset} ${day}`)?.texts ?? [],
    answer(how) {
      respond = how;
    },
    announce(listener) {
      announced = listener;
    },
    forget() {
      posts.length = 0;
      seen.clear();
      days.clear();
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** Verifies by the Standard Webhooks library, but for the time: virtual time is no receiver's. */
function verified(headers: IncomingHttpHeaders, body: string): boolean {
  const id = String(headers['webhook-id']);
  const timestamp = Number(headers['webhook-timestamp']) * 1_000;
  const expected = new Webhook(SIGNING_SECRET).sign(id, new Date(timestamp), body);
  return String(headers['webhook-signature']).split(' ').includes(expected);
}
