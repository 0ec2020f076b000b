import { cellText, recordJson } from '../data/interactions/record.ts';
import { workbookOf } from '../data/interactions/workbook.ts';
import { csvField } from '../data/pools.ts';
import { type Answer, type Exchange, json, type Route, refusal } from '../exchange.ts';
import {
  type AnalyticsJob,
  createAnalyticsJob,
  endOfAnalyticsJob,
  isAnalyticsJobGone,
  statusOfAnalyticsJob,
} from './analytics-jobs.ts';
import { readAnalyticsRequest } from './analytics-request.ts';
import type { Family, Surroundings } from './family.ts';

const exportsPath = '/api/v2/analytics/data-exports';
/** Exports of more records are to be polled no faster than this, in milliseconds. */
const pollSpacing = 15_000;
const largeExport = 500_000;

/** Analytics exports (section 3 of the API): submit, status, pages or a file. */
export class Analytics implements Family {
  readonly routes: readonly Route[];
  readonly #jobs = new Map<string, AnalyticsJob>();
  readonly #surroundings: Surroundings;
  #numbered = 0;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
    const api = { family: 'analytics', foreign: false, admit: () => undefined } as const;
    const aboutJob = { day: (exchange: Exchange) => this.#jobs.get(exchange.caught[0] ?? '')?.request.from };
    this.routes = [
      {
        ...api,
        kind: 'submit',
        method: 'POST',
        path: new RegExp(`^${exportsPath}$`),
        scope: 'analytics:export:write',
        day: ({ body }) => /"start"\s*:\s*"(\d{4}-\d\d-\d\d)T/.exec(body)?.[1],
        answer: (exchange) => this.#submit(exchange),
      },
      {
        ...api,
        ...aboutJob,
        kind: 'status',
        method: 'GET',
        path: new RegExp(`^${exportsPath}/([^/]+)$`),
        scope: 'analytics:export:read',
        admit: (exchange) => this.#admitPoll(exchange),
        answer: (exchange) => this.#status(exchange),
      },
      {
        ...api,
        ...aboutJob,
        kind: 'download',
        method: 'GET',
        path: new RegExp(`^${exportsPath}/([^/]+)/data$`),
        scope: 'analytics:export:read',
        answer: (exchange) => this.#data(exchange),
      },
    ];
  }

  /** All exports, in the order of their creation. */
  get jobs(): readonly AnalyticsJob[] {
    return [...this.#jobs.values()];
  }

  scenarioChanged(): void {
    this.#numbered = 0;
  }

  #submit(exchange: Exchange): Answer {
    const { seed, behaviour } = this.#surroundings;
    const request = readAnalyticsRequest(exchange.body);
    if (request === 'tooComplex')
      return refusal(504, 'GATEWAY_TIMEOUT', 'the filter is too complex', exchange.requestId);
    if ('problems' in request)
      return refusal(400, 'INVALID_REQUEST', request.problems.join('; '), exchange.requestId);
    const now = behaviour(request.from);
    const { widestDays, largestDays } = now.analytics;
    if (widestDays > 0 && request.days > widestDays)
      return refusal(504, 'GATEWAY_TIMEOUT', 'the range is too wide', exchange.requestId);
    if (largestDays > 0 && request.days > largestDays)
      return refusal(400, 'EXPORT_TOO_LARGE', 'the export would be too large', exchange.requestId);
    this.#numbered += 1;
    const job = createAnalyticsJob(exchange.client, request, {
      seed,
      now: exchange.now,
      behaviour: now,
      settings: (day) => behaviour(day).analytics,
      number: this.#numbered,
      ordinal: this.#jobs.size + 1,
    });
    this.#jobs.set(job.id, job);
    return json(201, { id: job.id });
  }

  #admitPoll(exchange: Exchange): Answer | undefined {
    const job = this.#ownJob(exchange);
    if (job === undefined || job.plan.total <= largeExport) return undefined;
    const since = exchange.sentAt - (job.lastPollAt ?? Number.NEGATIVE_INFINITY);
    job.lastPollAt = exchange.sentAt;
    if (since >= pollSpacing) return undefined;
    this.#surroundings.watch.note('polled-too-soon', exchange.sentAt, `${job.id} after ${since} ms`);
    return refusal(429, 'TOO_MANY_REQUESTS', 'polled too soon', exchange.requestId, { 'retry-after': '15' });
  }

  #status(exchange: Exchange): Answer {
    const job = this.#ownJob(exchange);
    if (job === undefined || isAnalyticsJobGone(job, exchange.now)) return notFound(exchange);
    const status = statusOfAnalyticsJob(job, exchange.now);
    job.polls += 1;
    const failed = status === 'failed';
    return json(200, {
      id: job.id,
      status,
      ...(failed ? { errorMessage: `the export ended: ${job.behaviour.job.errorCode}` } : {}),
    });
  }

  #data(exchange: Exchange): Answer {
    const job = this.#ownJob(exchange);
    if (job === undefined || isAnalyticsJobGone(job, exchange.now)) return notFound(exchange);
    if (job.fails || exchange.now < endOfAnalyticsJob(job))
      return refusal(400, 'NOT_COMPLETED', 'the export is not completed', exchange.requestId);
    job.pages += 1;
    switch (job.request.format) {
      case 'json':
        return pageAnswer(job, exchange);
      case 'csv':
        return csvAnswer(job);
      case 'xlsx':
        return workbookAnswer(job);
    }
  }

  #ownJob(exchange: Exchange): AnalyticsJob | undefined {
    const job = this.#jobs.get(exchange.caught[0] ?? '');
    return job?.client === exchange.client ? job : undefined;
  }
}

function pageAnswer(job: AnalyticsJob, exchange: Exchange): Answer {
  const { analytics } = job.behaviour;
  const asked = Number(exchange.query.get('pageSize') ?? '1000');
  const from = placeOf(job, exchange.query.get('nextPageToken'));
  if (from === undefined || !Number.isInteger(asked) || asked < 1)
    return refusal(400, 'INVALID_REQUEST', 'pageSize or nextPageToken is wrong', exchange.requestId);
  const to = Math.min(job.plan.total, from.place + Math.min(asked, analytics.largestPage));
  if (from.page === analytics.malformedPage)
    return json(200, { results: [], message: 'the export could not be serialised' });
  const columns = new Set(job.request.columns);
  const records: string[] = [];
  for (let place = from.place; place < to; place += 1)
    records.push(recordJson(job.plan.record(place), columns));
  const next = from.page === analytics.repeatedCursor ? from : { place: to, page: from.page + 1 };
  const token = next.place >= job.plan.total ? 'null' : JSON.stringify(tokenOf(job, next));
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: `{"data":[${records.join(',')}],"nextPageToken":${token}}`,
  };
}

interface Place {
  /** The first record of the page, from 0. */
  readonly place: number;
  /** The page, from 1. */
  readonly page: number;
}

function tokenOf(job: AnalyticsJob, { place, page }: Place): string {
  return Buffer.from(`${job.id}/${place}/${page}`).toString('base64url');
}

function placeOf(job: AnalyticsJob, token: string | null): Place | undefined {
  if (token === null || token === '') return { place: 0, page: 1 };
  const [id, place, page] = Buffer.from(token, 'base64url').toString('utf8').split('/');
  return id === job.id && /^\d+$/.test(`${place}${page}`)
    ? { place: Number(place), page: Number(page) }
    : undefined;
}

function csvAnswer(job: AnalyticsJob): Answer {
  const lines = Array.from(tableRows(job), (row) => row.map(csvField).join(','));
  return { status: 200, headers: { 'content-type': 'text/csv' }, body: `${lines.join('\n')}\n` };
}

function workbookAnswer(job: AnalyticsJob): Answer {
  const bytes = workbookOf(tableRows(job));
  const contentType = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
  return {
    status: 200,
    headers: { 'content-type': contentType },
    body: { length: bytes.length, chunks: () => [bytes] },
  };
}

/** The header and the records of an export, as texts of cells. */
function* tableRows({ plan, request: { columns } }: AnalyticsJob): Generator<string[]> {
  yield [...columns];
  for (let place = 0; place < plan.total; place += 1) {
    const record = plan.record(place);
    yield columns.map((column) => cellText(record.get(column)));
  }
}

function notFound(exchange: Exchange): Answer {
  return refusal(404, 'NOT_FOUND', 'no such export', exchange.requestId);
}
