import { createHash } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson, ExactNumber, parseExactJson } from './exact-json.ts';

const text = z.string().nullable();
const number = z.union([z.number(), z.instanceof(ExactNumber)]).nullable();

/** The members of a JSON object, whatever they are called: zod's own records leave `__proto__` out. */
type Members = Readonly<Record<string, unknown>>;
const Members = z.custom<Members>(
  (value) =>
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber),
  'must be an object',
);
const extra = Members.optional();

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** An instant as ISO 8601 in UTC: one that is given so stays as it is, one with an offset is converted, to the millisecond. */
const UtcInstant = z.string().transform((given, context) => {
  const instant = Date.parse(given);
  const zone = INSTANT.exec(given)?.[1];
  if (zone !== undefined && Number.isFinite(instant))
    return zone === 'Z' ? given : new Date(instant).toISOString();
  context.addIssue({ code: 'custom', message: 'must be an instant with its zone' });
  return z.NEVER;
});

/** Someone or something that took part. */
export const ArchivedParticipant = z.strictObject({
  id: text,
  type: text,
  address: text,
  state: text,
  extra,
});

/** A recording or transcript: what is known of it, not its bytes. */
export const ArchivedMedium = z.strictObject({
  media_id: text,
  type: text,
  duration_ms: number,
  format: text,
  playback_url: text,
  created_time: UtcInstant.nullable(),
  extra,
});

/**
 * An interaction as it is archived. A field that CXone leaves out is null; what it gives beyond these fields, or in another
 * form than these have, is kept under `extra` as it was given.
 */
export const ArchivalRecord = z.strictObject({
  interaction_id: z.string().min(1),
  type: text,
  status: z.string().min(1),
  created_time: UtcInstant.nullable(),
  updated_time: UtcInstant,
  participants: z.array(ArchivedParticipant),
  media: z.array(ArchivedMedium),
  extra,
});
export type ArchivalRecord = z.infer<typeof ArchivalRecord>;

/** Where a field comes from, and what it has to be. */
type Shape = Readonly<Record<string, readonly [source: string, schema: z.ZodType]>>;

const PARTICIPANT: Shape = {
  id: ['id', text],
  type: ['type', text],
  address: ['address', text],
  state: ['state', text],
};
const MEDIUM: Shape = {
  media_id: ['id', text],
  type: ['type', text],
  duration_ms: ['duration_ms', number],
  format: ['format', text],
  playback_url: ['playback_url', text],
  created_time: ['created_time', UtcInstant],
};
const list = (shape: Shape) =>
  z.array(Members).transform((entries) => entries.map((entry) => shaped(entry, shape)));
const INTERACTION: Shape = {
  interaction_id: ['id', z.string().min(1)],
  type: ['type', text],
  status: ['status', z.string().min(1)],
  created_time: ['created_time', UtcInstant],
  updated_time: ['updated_time', UtcInstant],
  participants: ['participants', list(PARTICIPANT)],
  media: ['media', list(MEDIUM)],
};

/**
 * Makes the record of an interaction from the text of its details. Undefined where that is no JSON object, or lacks what no
 * interaction is without: id, status, updated time.
 */
export function archivalRecord(details: string): ArchivalRecord | undefined {
  const given = Members.safeParse(parsed(details));
  if (!given.success) return undefined;
  const record = shaped(given.data, INTERACTION);
  const lists = { participants: record.participants ?? [], media: record.media ?? [] };
  return ArchivalRecord.safeParse({ ...record, ...lists }).data;
}

function parsed(details: string): unknown {
  try {
    return parseExactJson(details);
  } catch {
    return undefined;
  }
}

function shaped(given: Members, shape: Shape): Members {
  const rest = new Map(Object.entries(given));
  const known = Object.entries(shape).map(([name, [source, schema]]) => {
    const value = rest.get(source) ?? null;
    const found = schema.nullable().safeParse(value);
    if (found.success) rest.delete(source);
    return [name, found.success ? found.data : null] as const;
  });
  return { ...Object.fromEntries(known), ...(rest.size === 0 ? {} : { extra: Object.fromEntries(rest) }) };
}

/** Names under which custom fields are known to be given. */
const CONTAINERS = ['custom_fields', 'customFields'];
/** What an entry of a list of custom fields may be called by. */
const Named = z.object({
  id: z.unknown().optional(),
  name: z.unknown().optional(),
  fieldId: z.unknown().optional(),
  value: z.unknown().optional(),
});

/**
 * SHA-256 of what makes a record another one: all of it but its updated time, our own mark, and the queries of playback
 * addresses, which are signed anew for every caller.
 * @param field the custom field that archived interactions are marked in
 */
export function recordDigest(record: ArchivalRecord, field: string): string {
  const { updated_time: _, extra: given = {}, ...rest } = record;
  const media = rest.media.map((medium) => ({
    ...medium,
    playback_url: medium.playback_url?.replace(/\?.*$/, '') ?? null,
  }));
  const others = Object.entries(given).flatMap(([name, value]): [string, unknown][] => {
    if (name === field) return [];
    if (!CONTAINERS.includes(name)) return [[name, value]];
    const left = withoutField(value, field);
    return left === undefined ? [] : [[name, left]];
  });
  const canonical = canonicalJson({ ...rest, media, extra: Object.fromEntries(others) });
  return createHash('sha256').update(canonical).digest('hex');
}

/** What the custom field holds, where the record shows it. */
export function fieldValue({ extra: given = {} }: ArchivalRecord, field: string): unknown {
  for (const name of CONTAINERS) {
    const container = given[name];
    if (Array.isArray(container)) {
      const entry = container.find((candidate) => isField(candidate, field));
      if (entry !== undefined) return Named.parse(entry).value;
    }
    const members = Members.safeParse(container);
    if (members.success && Object.hasOwn(members.data, field)) return members.data[field];
  }
  return Object.hasOwn(given, field) ? given[field] : undefined;
}

/** The container without the field: undefined where nothing is left, since it need not have been there before we wrote ours. */
function withoutField(container: unknown, field: string): unknown {
  if (Array.isArray(container)) {
    const others = container.filter((entry) => !isField(entry, field));
    return others.length === 0 ? undefined : others;
  }
  const members = Members.safeParse(container);
  if (!members.success || container instanceof ExactNumber) return container;
  const others = Object.entries(members.data).filter(([name]) => name !== field);
  return others.length === 0 ? undefined : Object.fromEntries(others);
}

function isField(entry: unknown, field: string): boolean {
  const { id, name, fieldId } = Named.safeParse(entry).data ?? {};
  return [id, name, fieldId].includes(field);
}
