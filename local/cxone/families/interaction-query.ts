import { z } from 'zod';

/** What a query asks for. Instants are epoch milliseconds, `from` inclusive, `to` exclusive. */
export interface InteractionQuery {
  readonly from: number | undefined;
  readonly to: number | undefined;
  readonly pageSize: number;
  readonly offset: number;
}

const Body = z.strictObject({
  type: z.literal('interaction'),
  filter: z.string(),
  orderBy: z.literal('updatedTime desc'),
  pageSize: z.int().min(1).max(100),
  pageToken: z.string().nullable().optional(),
});

const BOUND = /^updatedTime(>=|<)(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)$/;

/** Reads the body of a query; a text says what is wrong with it. */
export function readInteractionQuery(body: string): InteractionQuery | string {
  const parsed = Body.safeParse(jsonOf(body));
  if (!parsed.success)
    return parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
  const { filter, pageSize, pageToken } = parsed.data;
  const [status, ...bounds] = filter.split(' AND ');
  if (status !== 'status:closed') return 'the filter has to begin with status:closed';
  const range: { from?: number; to?: number } = {};
  for (const bound of bounds) {
    const [, operator, instant = ''] = BOUND.exec(bound) ?? [];
    if (operator === undefined || !Number.isFinite(Date.parse(instant)))
      return 'the filter knows updatedTime>= and updatedTime< with an instant in UTC to the millisecond';
    range[operator === '<' ? 'to' : 'from'] = Date.parse(instant);
  }
  const offset = pageToken === undefined || pageToken === null ? 0 : offsetOf(pageToken);
  if (offset === undefined) return 'pageToken is not one of ours';
  return { from: range.from, to: range.to, pageSize, offset };
}

/** The token of the page that begins so many interactions into the list as it is by then. */
export function pageTokenOf(offset: number): string {
  return Buffer.from(`offset ${offset}`).toString('base64url');
}

function offsetOf(token: string): number | undefined {
  const [, offset] = /^offset (\d{1,9})$/.exec(Buffer.from(token, 'base64url').toString()) ?? [];
  return offset === undefined ? undefined : Number(offset);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
