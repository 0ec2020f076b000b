import { partContent } from '../data/part-content.ts';
import { partFacts } from '../data/part-facts.ts';
import { uuidOf } from '../data/random.ts';
import { type Answer, type Exchange, json, type Route, refusal } from '../exchange.ts';
import {
  createJob,
  type DownloadJob,
  describeJob,
  isFinished,
  isGone,
  partName,
  statusOf,
} from './download-jobs.ts';
import { isIdempotencyKey, readDownloadRequest } from './download-request.ts';
import type { Family, Surroundings } from './family.ts';
import { chunksWithin, rangeRefused, readRange } from './part-range.ts';

/** Milliseconds between two polls of one job, at least. */
const pollSpacing = 15_000;
/** Polls in a row that come too soon, after which the address is blocked. */
const hastyPolls = 3;
const requests = '/api/v2/data/download/requests';

/** Data download (section 4 of the API): submit, status, parts. */
export class DataDownload implements Family {
  readonly routes: readonly Route[];
  readonly #jobs = new Map<string, DownloadJob>();
  readonly #byKey = new Map<string, DownloadJob>();
  readonly #signed = new Map<string, { job: DownloadJob; part: number }>();
  readonly #surroundings: Surroundings;
  #numbered = 0;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
    const api = { family: 'dataDownload', foreign: false, admit: () => undefined } as const;
    const aboutJob = { day: (exchange: Exchange) => this.#jobs.get(exchange.caught[0] ?? '')?.request.day };
    this.routes = [
      {
        ...api,
        kind: 'submit',
        method: 'POST',
        path: new RegExp(`^${requests}$`),
        scope: 'data:download:write',
        day: ({ body }) => dayOf(body),
        answer: (exchange) => this.#submit(exchange),
      },
      {
        ...api,
        ...aboutJob,
        kind: 'status',
        method: 'GET',
        path: new RegExp(`^${requests}/([^/]+)$`),
        scope: 'data:download:read',
        admit: (exchange) => this.#admitPoll(exchange),
        answer: (exchange) => this.#status(exchange),
      },
      {
        ...api,
        ...aboutJob,
        kind: 'download',
        method: 'GET',
        path: new RegExp(`^${requests}/([^/]+)/file$`),
        scope: 'data:download:read',
        answer: (exchange) => this.#download(exchange),
      },
      {
        ...api,
        family: 'downloads',
        kind: 'download',
        method: 'GET',
        path: /^\/exports\/([^/]+)$/,
        scope: undefined,
        foreign: true,
        day: ({ caught }) => this.#signed.get(caught[0] ?? '')?.job.request.day,
        answer: (exchange) => this.#signedDownload(exchange),
      },
    ];
  }

  /** All jobs, in the order of their creation. */
  get jobs(): readonly DownloadJob[] {
    return [...this.#jobs.values()];
  }

  scenarioChanged(): void {
    this.#numbered = 0;
  }

  #submit(exchange: Exchange): Answer {
    const { seed, watch, behaviour } = this.#surroundings;
    const key = exchange.headers['x-request-id'];
    const idempotencyKey = Array.isArray(key) ? key[0] : key;
    if (!isIdempotencyKey(idempotencyKey)) {
      return invalid('X-Request-Id has to be a version 4 UUID', exchange);
    }
    const place = `${exchange.client} ${idempotencyKey.toLowerCase()}`;
    const earlier = this.#byKey.get(place);
    if (earlier !== undefined) {
      if (earlier.body !== exchange.body) {
        watch.note('idempotency-key-reused', exchange.sentAt, `${idempotencyKey} with another body`);
      }
      return json(200, { requestId: earlier.requestId, status: statusOf(earlier, exchange.now) });
    }
    const request = readDownloadRequest(exchange.body);
    if ('problems' in request) return invalid(request.problems.join('; '), exchange);
    this.#numbered += 1;
    const job = createJob(exchange.client, idempotencyKey, request, exchange.body, {
      seed,
      now: exchange.now,
      behaviour: behaviour(request.day),
      number: this.#numbered,
    });
    this.#byKey.set(place, job);
    this.#jobs.set(job.requestId, job);
    return json(201, { requestId: job.requestId, status: 'PENDING' });
  }

  #admitPoll(exchange: Exchange): Answer | undefined {
    const job = this.#ownJob(exchange);
    if (job === undefined) return undefined;
    const since = exchange.sentAt - (job.lastPollAt ?? Number.NEGATIVE_INFINITY);
    if (since >= pollSpacing) {
      job.lastPollAt = exchange.sentAt;
      job.hasty = 0;
      return undefined;
    }
    const { watch } = this.#surroundings;
    job.hasty += 1;
    watch.note('polled-too-soon', exchange.sentAt, `${job.requestId} after ${since} ms`);
    if (job.hasty >= hastyPolls) watch.block(exchange.now);
    const wait = String(Math.ceil((pollSpacing - since) / 1000));
    return refusal(429, 'TOO_MANY_REQUESTS', 'polled too soon', exchange.requestId, { 'retry-after': wait });
  }

  async #status(exchange: Exchange): Promise<Answer> {
    const job = this.#ownJob(exchange);
    if (job === undefined || isGone(job, exchange.now)) return notFound('no such request', exchange);
    const description = describeJob(job, exchange.now, (part) => this.#addressOf(job, part));
    job.completedPolls += statusOf(job, exchange.now) === 'COMPLETED' ? 1 : 0;
    job.polls += 1;
    return json(200, await description);
  }

  #download(exchange: Exchange): Promise<Answer> | Answer {
    const job = this.#ownJob(exchange);
    const part = exchange.query.get('part') ?? '';
    if (job === undefined || !/^[1-9]\d{0,5}$/.test(part)) return notFound('no such file', exchange);
    return partAnswer(job, Number(part), exchange);
  }

  #signedDownload(exchange: Exchange): Promise<Answer> | Answer {
    const { watch } = this.#surroundings;
    if (exchange.headers.authorization !== undefined) {
      watch.note('bearer-on-foreign-host', exchange.sentAt, exchange.path);
    }
    const signed = this.#signed.get(exchange.caught[0] ?? '');
    return signed === undefined
      ? notFound('no such file', exchange)
      : partAnswer(signed.job, signed.part, exchange);
  }

  #ownJob(exchange: Exchange): DownloadJob | undefined {
    const job = this.#jobs.get(exchange.caught[0] ?? '');
    return job?.client === exchange.client ? job : undefined;
  }

  #addressOf(job: DownloadJob, part: number): string {
    const path = `${requests}/${job.requestId}/file?part=${part}`;
    switch (job.behaviour.manifest.urls) {
      case 'relative':
        return path;
      case 'absolute':
        return this.#surroundings.url() + path;
      case 'foreign': {
        const signature = uuidOf(this.#surroundings.seed, 'signed', job.requestId, String(part));
        this.#signed.set(signature, { job, part });
        return `${this.#surroundings.downloadUrl()}/exports/${signature}`;
      }
    }
  }
}

async function partAnswer(job: DownloadJob, number: number, exchange: Exchange): Promise<Answer> {
  const part = job.plan.parts[number - 1];
  if (part === undefined || job.behaviour.manifest.noFiles || !isFinished(job, exchange.now)) {
    return notFound('no such file', exchange);
  }
  const downloads = (job.downloads.get(number) ?? 0) + 1;
  job.downloads.set(number, downloads);
  if (downloads <= job.behaviour.job.partNotReady) return notFound('the file is not ready', exchange);
  const { size, sha256 } = await partFacts(job.plan, part);
  const { range: supported, sha256: tagged } = job.behaviour.manifest;
  const range = supported ? readRange(exchange.headers.range, size) : 'whole';
  if (range === 'unsatisfiable') return rangeRefused(size);
  const headers: Record<string, string> = {
    'content-type': job.request.format === 'csv' ? 'text/csv' : 'application/json',
    'content-disposition': `attachment; filename="${partName(number)}.${job.request.format}"`,
  };
  if (supported) headers['accept-ranges'] = 'bytes';
  if (tagged) headers.etag = `"${sha256.slice(0, 32)}"`;
  const chunks = () => partContent(job.plan, part);
  if (range === 'whole') return { status: 200, headers, body: { length: size, chunks } };
  headers['content-range'] = `bytes ${range.from}-${range.to}/${size}`;
  const length = range.to - range.from + 1;
  return { status: 206, headers, body: { length, chunks: () => chunksWithin(chunks(), range) } };
}

function invalid(message: string, exchange: Exchange): Answer {
  return refusal(400, 'INVALID_REQUEST', message, exchange.requestId);
}

function notFound(message: string, exchange: Exchange): Answer {
  return refusal(404, 'NOT_FOUND', message, exchange.requestId);
}

function dayOf(body: string): string | undefined {
  return /"fromDate"\s*:\s*"(\d{4}-\d\d-\d\d)T/.exec(body)?.[1];
}
