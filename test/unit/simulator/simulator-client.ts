import { randomUUID } from 'node:crypto';
import { afterEach } from 'vitest';
import { z } from 'zod';
import {
  type Credentials,
  type Simulator,
  type SimulatorOptions,
  startSimulator,
  usualColumns,
  usualCredentials,
} from '../../../local/cxone/index.ts';

/** The day that tests ask for. */
export const day = '2024-05-15';
/** The path of submissions. */
export const requests = '/api/v2/data/download/requests';

const tokenSchema = z.object({
  access_token: z.string(),
  token_type: z.string(),
  expires_in: z.number(),
  scope: z.string(),
  refresh_token: z.string().optional(),
});
const submittedSchema = z.object({ requestId: z.string(), status: z.string() });
const fileSchema = z.object({
  fileName: z.string(),
  fileSize: z.number(),
  downloadUrl: z.string(),
  sha256: z.string().optional(),
  recordCount: z.number().optional(),
});
const jobSchema = z.object({
  id: z.string(),
  status: z.string(),
  createdAt: z.string(),
  completedAt: z.string().optional(),
  errorCode: z.string().optional(),
  files: z.array(fileSchema).optional(),
  recordCount: z.number().optional(),
});

/** A file of a finished job. */
export type ListedFile = z.infer<typeof fileSchema>;
/** A job as the status call tells it. */
export type ToldJob = z.infer<typeof jobSchema>;
/** An answer with its whole body. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
  readonly text: string;
}

const running: Simulator[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((simulator) => simulator.stop()));
});

/** Starts a simulator that ends with the test, and a client whose time is 3 o'clock of the next day. */
export async function open(
  options: SimulatorOptions = {},
): Promise<{ simulator: Simulator; client: SimulatorClient }> {
  const simulator = await startSimulator(options);
  running.push(simulator);
  return { simulator, client: new SimulatorClient(simulator.url) };
}

/** A body of a submission that is in order. */
export function submission(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    reportType: 'callDetailRecords',
    reportId: 'default',
    fromDate: `${day}T00:00:00.000Z`,
    toDate: `${day}T23:59:59.999Z`,
    format: 'csv',
    columns: usualColumns,
    ...changes,
  };
}

/** A client with a time of its own that only `wait` moves. */
export class SimulatorClient {
  now = Date.parse('2024-05-16T03:00:00.000Z');
  token = '';
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  wait(seconds: number): this {
    this.now += seconds * 1000;
    return this;
  }

  async send(path: string, init: RequestInit = {}): Promise<Reply> {
    const headers = new Headers(init.headers);
    headers.set('x-simulated-time', new Date(this.now).toISOString());
    const response = await fetch(new URL(path, this.#url), { ...init, headers });
    const bytes = Buffer.from(await response.arrayBuffer());
    return { status: response.status, headers: response.headers, bytes, text: bytes.toString('utf8') };
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Reply> {
    return this.send(path, { headers: { authorization: `Bearer ${this.token}`, ...headers } });
  }

  post(path: string, body: string): Promise<Reply> {
    const headers = { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' };
    return this.send(path, { method: 'POST', headers, body });
  }

  /** The bytes of a body that came before its connection ended badly. */
  async received(path: string, range = 'bytes=0-'): Promise<number> {
    const headers = { authorization: `Bearer ${this.token}`, range };
    const response = await fetch(new URL(path, this.#url), { headers });
    const reader = response.body?.getReader();
    let length = 0;
    for (;;) {
      const next = await reader?.read().catch(() => undefined);
      if (next?.value === undefined) return length;
      length += next.value.length;
    }
  }

  tokenReply(fields: Record<string, string> = {}, path = '/api/v2/oauth/token'): Promise<Reply> {
    const { clientId, clientSecret } = usualCredentials;
    const form = {
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
      ...fields,
    };
    return this.send(path, { method: 'POST', body: new URLSearchParams(form) });
  }

  async authorise(credentials: Credentials = usualCredentials): Promise<this> {
    const { clientId, clientSecret } = credentials;
    const reply = await this.tokenReply({ client_id: clientId, client_secret: clientSecret });
    this.token = readToken(reply).access_token;
    return this;
  }

  submitReply(body: unknown = submission(), key: string = randomUUID()): Promise<Reply> {
    return this.send(requests, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${this.token}`,
        'content-type': 'application/json',
        'x-request-id': key,
      },
      body: JSON.stringify(body),
    });
  }

  async submit(changes: Record<string, unknown> = {}, key: string = randomUUID()): Promise<string> {
    const reply = await this.submitReply(submission(changes), key);
    return submittedSchema.parse(JSON.parse(reply.text)).requestId;
  }

  statusReply(requestId: string): Promise<Reply> {
    return this.get(`${requests}/${requestId}`);
  }

  async status(requestId: string): Promise<ToldJob> {
    const reply = await this.statusReply(requestId);
    return jobSchema.parse(JSON.parse(reply.text));
  }

  /** Submits and waits a minute of simulated time: the job as it is told then. */
  async finished(changes: Record<string, unknown> = {}): Promise<ToldJob> {
    await this.authorise();
    const requestId = await this.submit(changes);
    return this.wait(60).status(requestId);
  }

  /** The bytes of every file of a job. */
  async parts(job: ToldJob): Promise<Buffer[]> {
    const parts: Buffer[] = [];
    for (const file of job.files ?? []) parts.push((await this.get(file.downloadUrl)).bytes);
    return parts;
  }
}

/** Reads a token answer. */
export function readToken(reply: Reply): z.infer<typeof tokenSchema> {
  return tokenSchema.parse(JSON.parse(reply.text));
}

/** Reads an error as CXone writes it. */
export function readError(reply: Reply): { errorCode: string; message: string; requestId: string } {
  return z
    .strictObject({ errorCode: z.string(), message: z.string(), requestId: z.string() })
    .parse(JSON.parse(reply.text));
}

/** The `code` of what ended a connection. */
export async function connectionError(call: Promise<unknown>): Promise<string> {
  const failure = await call.then(
    () => new Error('the call was answered'),
    (error: unknown) => error,
  );
  const cause = failure instanceof Error ? failure.cause : undefined;
  return z.object({ code: z.string() }).parse(cause).code;
}

/** A simulator of one part and 3,000 calls under scenarios, and a client with a token. */
export async function opened(...scenarios: string[]) {
  const { client, simulator } = await open({ rows: 3000, parts: 1, scenarios });
  await client.authorise();
  return { client, simulator };
}

/** The same call so many times, 15 s apart. */
export async function times(
  client: SimulatorClient,
  count: number,
  call: () => Promise<Reply>,
): Promise<Reply[]> {
  const replies: Reply[] = [];
  for (let turn = 0; turn < count; turn += 1) {
    client.wait(15);
    replies.push(await call());
  }
  return replies;
}

/** Status and `Retry-After` of replies. */
export function answers(replies: readonly Reply[]): [number, string | null][] {
  return replies.map((reply) => [reply.status, reply.headers.get('retry-after')]);
}
