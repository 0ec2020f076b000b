import { z } from 'zod';
import { interactionColumns, type Simulator, type SimulatorOptions } from '../../../local/cxone/index.ts';
import { open, type Reply, type SimulatorClient } from './simulator-client.ts';

/** The path of submissions. */
export const exportsPath = '/api/v2/analytics/data-exports';

const pageSchema = z.object({
  data: z.array(z.record(z.string(), z.unknown())),
  nextPageToken: z.string().nullable(),
});

/** A body of a submission that is in order: one day of all columns. */
export function exportOf(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    reportId: 'interactions',
    dateRange: { start: '2024-05-15T00:00:00.000Z', end: '2024-05-15T23:59:59.999Z' },
    format: 'json',
    columns: interactionColumns,
    pageSize: 5_000,
    ...changes,
  };
}

/** A simulator with days of 30 interactions, and a client with a token. */
export async function openAnalytics(
  options: SimulatorOptions = {},
): Promise<{ simulator: Simulator; client: AnalyticsClient }> {
  const { scenarios = [], ...others } = options;
  const { simulator, client } = await open({ ...others, scenarios: ['interactions:30', ...scenarios] });
  await client.authorise();
  return { simulator, client: new AnalyticsClient(client) };
}

/** Calls of the analytics API. */
export class AnalyticsClient {
  readonly client: SimulatorClient;

  constructor(client: SimulatorClient) {
    this.client = client;
  }

  wait(seconds: number): this {
    this.client.wait(seconds);
    return this;
  }

  submitReply(body: Record<string, unknown> = exportOf()): Promise<Reply> {
    return this.client.send(exportsPath, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.client.token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  }

  async submit(changes: Record<string, unknown> = {}): Promise<string> {
    const reply = await this.submitReply(exportOf(changes));
    return z.object({ id: z.string() }).parse(JSON.parse(reply.text)).id;
  }

  statusReply(id: string): Promise<Reply> {
    return this.client.get(`${exportsPath}/${id}`);
  }

  async status(id: string): Promise<unknown> {
    return JSON.parse((await this.statusReply(id)).text);
  }

  pageReply(id: string, { pageSize = 5_000, token = '' } = {}): Promise<Reply> {
    const query = new URLSearchParams({ pageSize: String(pageSize), ...(token && { nextPageToken: token }) });
    return this.client.get(`${exportsPath}/${id}/data?${query}`);
  }

  async page(id: string, asked: { pageSize?: number; token?: string } = {}) {
    return pageSchema.parse(JSON.parse((await this.pageReply(id, asked)).text));
  }

  /** All records of a finished export, page by page. */
  async records(id: string, pageSize = 5_000): Promise<Record<string, unknown>[]> {
    const records: Record<string, unknown>[] = [];
    let token = '';
    for (;;) {
      const { data, nextPageToken } = await this.page(id, { pageSize, token });
      records.push(...data);
      if (nextPageToken === null) return records;
      token = nextPageToken;
    }
  }

  /** Submits an export and waits until it is finished. */
  async finished(changes: Record<string, unknown> = {}): Promise<string> {
    const id = await this.submit(changes);
    this.wait(60);
    return id;
  }
}
