import { drawNumber } from '../random.ts';

/** A JSON value that a record may hold; a `bigint` is a number beyond what a double holds. */
export type FieldValue = string | number | bigint | boolean | null | readonly string[];

/** An interaction by the paths of its fields, such as `skill.name`. An absent path is an absent key. */
export type Interaction = ReadonlyMap<string, FieldValue>;

/** Fields that an export may ask for, by path: the ten that interactions should carry, and nested ones. */
export const interactionColumns: readonly string[] = [
  'id',
  'direction',
  'medium',
  'startTime',
  'endTime',
  'agentId',
  'queueId',
  'holdTime',
  'wrapTime',
  'talkTime',
  'skill.id',
  'skill.name',
  'customer.number',
  'customer.locale',
  'metrics.sentiment.score',
  'metrics.transfers',
  'metrics.sequence',
  'tags',
];

const directions = ['inbound', 'outbound'];
const media = ['voice', 'chat', 'email', 'sms'];
const skills = ['Billing', 'Sales, new', 'Support "tier 2"', 'Rücksendungen', 'Цены'];
const locales = ['en-US', 'de-DE', 'pt-BR', 'ja-JP'];
const tags = ['vip', 'callback', 'a,b', 'línea "1"', 'escalated'];

/** Beyond 2^53, and odd: a reader that takes it for a double changes it. */
const firstSequence = 9_007_199_254_740_993n;

/** What kind of line a record is; a `repeated` one is its interaction to the letter. */
export type InteractionKind = 'plain' | 'repeated' | 'outdated' | 'early';

/**
 * Draws an interaction of a day by its index: the same for the same seed and index, in any order.
 *
 * @param dayStart epoch milliseconds
 * @param share position in the day, from 0 up to, without, 1
 */
export function drawInteraction(
  seed: number,
  index: number,
  {
    day,
    dayStart,
    share,
    kind,
    lacking,
    newFields,
  }: {
    day: string;
    dayStart: number;
    share: number;
    kind: InteractionKind;
    lacking: boolean;
    newFields: number;
  },
): Interaction {
  const first = drawNumber(seed, index);
  const second = drawNumber(first, index);
  const third = drawNumber(second, index);
  const talk = 5 + (second % 1_800);
  const start =
    kind === 'early' ? dayStart - 1 - (first % 600_000) : dayStart + Math.floor(share * 86_400_000);
  const abandoned = first % 100 < 7;
  const skill = third % skills.length;
  const number = `+49${String(170_000_000 + (second % 1_000_000))}`;
  const fields: [string, FieldValue][] = [
    ['id', `${kind === 'early' ? 'e' : 'i'}-${day}-${String(index).padStart(8, '0')}`],
    ['direction', directions[first % 2] ?? null],
    ['medium', media[(first >>> 4) % media.length] ?? null],
    ['startTime', new Date(start).toISOString()],
    ['endTime', new Date(start + talk * 1_000).toISOString()],
    ['agentId', abandoned ? null : `agent-${(second >>> 12) % 250}`],
    ['queueId', `queue-${skill}`],
    ['holdTime', (second >>> 8) % (1 + (talk >>> 2))],
    ['wrapTime', (third >>> 8) % 120],
    ['talkTime', kind === 'outdated' ? talk - 1 : talk],
    ['skill.id', skill],
    ['skill.name', skills[skill] ?? null],
    ['customer.number', number],
    ['customer.locale', locales[(third >>> 3) % locales.length] ?? null],
    ['metrics.sentiment.score', ((third >>> 10) % 2_001) / 1_000 - 1],
    ['metrics.transfers', (third >>> 20) % 4],
    ['metrics.sequence', firstSequence + 2n * BigInt(index)],
    ['tags', tags.slice(0, (third >>> 24) % 4)],
  ];
  const record = new Map<string, FieldValue>(fields);
  if (lacking) {
    record.delete('queueId');
    record.delete('wrapTime');
  }
  for (let field = 1; field <= newFields; field += 1) record.set(`added.field${field}`, `new ${first % 10}`);
  return record;
}

/** The record as JSON text: nested by the paths, only the columns asked for and what nobody asked for. */
export function recordJson(record: Interaction, columns: ReadonlySet<string>): string {
  const root: Branch = new Map();
  for (const [path, value] of record)
    if (columns.has(path) || path.startsWith('added.')) graft(root, path.split('.'), value);
  return branchText(root);
}

type Branch = Map<string, Branch | { readonly leaf: FieldValue }>;

function graft(branch: Branch, [key = '', ...rest]: readonly string[], value: FieldValue): void {
  if (rest.length === 0) {
    branch.set(key, { leaf: value });
    return;
  }
  const known = branch.get(key);
  const inner: Branch = known instanceof Map ? known : new Map();
  branch.set(key, inner);
  graft(inner, rest, value);
}

function branchText(branch: Branch): string {
  const entries = [...branch].map(
    ([key, entry]) =>
      `${JSON.stringify(key)}:${entry instanceof Map ? branchText(entry) : jsonValue(entry.leaf)}`,
  );
  return `{${entries.join(',')}}`;
}

/** A value as JSON text; a number keeps all its digits. */
export function jsonValue(value: FieldValue): string {
  return typeof value === 'bigint' ? value.toString() : JSON.stringify(value);
}

/** A value as a cell of a file: arrays as JSON, nothing for null and for what is absent. */
export function cellText(value: FieldValue | undefined): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
