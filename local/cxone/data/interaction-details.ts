import { drawNumber, seedOf } from './random.ts';

const DAY_MILLISECONDS = 86_400_000;

/** One interaction as it is when it closes. */
export interface DrawnInteraction {
  readonly id: string;
  /** The UTC day that it closes on, `YYYY-MM-DD`. */
  readonly day: string;
  readonly index: number;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** Epoch milliseconds; its first `updatedTime`. */
  readonly closedAt: number;
  /** Free bits for what it consists of. */
  readonly bits: number;
}

/** How the interactions of a day lie. */
export interface DayOfInteractions {
  readonly seed: string;
  readonly day: string;
  readonly count: number;
  /** So many of them, from the middle of the day on, close at one and the same instant. */
  readonly atOnce: number;
}

/** The interactions that close on a day, from the first to the last. */
export function drawInteractions(day: DayOfInteractions): DrawnInteraction[] {
  return Array.from({ length: day.count }, (_, index) => drawInteraction(day, index));
}

function drawInteraction({ seed, day, count, atOnce }: DayOfInteractions, index: number): DrawnInteraction {
  const start = Date.parse(`${day}T00:00:00.000Z`);
  const bits = drawNumber(seedOf(seed, 'interaction', day), index);
  const middle = Math.floor((count - atOnce) / 2);
  const together = index >= middle && index < middle + atOnce;
  const place = together ? middle : index;
  const spread = together ? 0 : bits / 0x1_0000_0000;
  const closedAt = start + Math.floor(((place + spread) / count) * DAY_MILLISECONDS);
  return {
    id: idOf(seed, day, index),
    day,
    index,
    createdAt: closedAt - 60_000 - (bits % 3_600_000),
    closedAt,
    bits,
  };
}

/** An interaction that closes at an instant of its own, beside those of the day. */
export function lateInteraction(seed: string, index: number, closedAt: number): DrawnInteraction {
  const day = new Date(closedAt).toISOString().slice(0, 10);
  const bits = drawNumber(seedOf(seed, 'late', day), index);
  return { id: idOf(seed, day, index), day, index, createdAt: closedAt - 60_000, closedAt, bits };
}

/** Ids sort by nothing that anybody could use: the hash comes first. */
function idOf(seed: string, day: string, index: number): string {
  const hash = drawNumber(seedOf(seed, 'interaction-id', day), index)
    .toString(16)
    .padStart(8, '0');
  return `${hash}-${day.replaceAll('-', '')}-${String(index).padStart(6, '0')}`;
}

/** The day that an id belongs to; undefined where it is none of ours. */
export function dayOfId(id: string): string | undefined {
  const [, year, month, day] = /^[0-9a-f]{8}-(\d{4})(\d\d)(\d\d)-\d{6}$/.exec(id) ?? [];
  return year === undefined ? undefined : `${year}-${month}-${day}`;
}

/** What changes of an interaction after it has closed. */
export interface Changeable {
  readonly status: string;
  readonly updatedAt: number;
  readonly fields: ReadonlyMap<string, string>;
  readonly playbackUrl: (medium: string) => string;
}

/** A number beyond 2^53, and one with a zero at its end: what JSON readers are known to change. */
const REFERENCE = '90071992547409931';

/** The interaction as the detail call writes it. */
export function interactionText(drawn: DrawnInteraction, now: Changeable): string {
  const iso = (instant: number) => new Date(instant).toISOString();
  const voice = drawn.bits % 3 !== 0;
  const media = mediaOf(drawn).map((medium, position) => ({
    id: medium,
    type: voice ? 'call-recording' : 'chat-transcript',
    duration_ms: voice ? 1_000 + (drawn.bits % 600_000) : null,
    format: voice ? 'audio/mpeg' : 'application/json',
    playback_url: now.playbackUrl(medium),
    created_time: iso(drawn.closedAt),
    ...(position === 0 ? { channels: ['agent', 'customer'] } : {}),
  }));
  const value = {
    id: drawn.id,
    type: voice ? 'voice' : 'chat',
    status: now.status,
    created_time: iso(drawn.createdAt),
    updated_time: iso(now.updatedAt),
    participants: [
      {
        id: `agent-${drawn.bits % 97}`,
        type: 'agent',
        address: `00${1000 + (drawn.bits % 900)}`,
        state: 'left',
      },
      {
        id: `customer-${drawn.bits}`,
        type: 'customer',
        address: `+4420794609${(drawn.bits % 90) + 10}`,
        state: 'left',
        muted: false,
      },
    ],
    media,
    direction: drawn.bits % 2 === 0 ? 'inbound' : 'outbound',
    custom_fields: [...now.fields].map(([id, text]) => ({ id, value: text })),
    routing: { skill: `skill-${drawn.bits % 7}`, reference: '@reference', weight: '@weight' },
  };
  return JSON.stringify(value)
    .replace('"@reference"', `${REFERENCE}${drawn.index % 10}`)
    .replace('"@weight"', `${drawn.bits % 10}.50`);
}

/** Ids of the media of an interaction: none, one or two. */
export function mediaOf(drawn: DrawnInteraction): string[] {
  return Array.from({ length: (drawn.bits >>> 4) % 3 }, (_, number) => `${drawn.id}-m${number + 1}`);
}

/** The bytes of a medium: some hundred to some thousand, the same every time. */
export function mediumBytes(medium: string): Buffer {
  const seed = seedOf('medium', medium);
  const bytes = Buffer.alloc(4 * (64 + (seed % 1_024)));
  for (let at = 0; at < bytes.length; at += 4) bytes.writeUInt32LE(drawNumber(seed, at), at);
  return bytes;
}
