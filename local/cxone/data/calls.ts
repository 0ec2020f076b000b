import { agentNames, directions, dispositions, numberBeginnings, queues } from './pools.ts';
import { drawNumber } from './random.ts';

const dayMilliseconds = 86_400_000;
/** Share of a day's calls by hour of day, in thousandths: quiet nights, a peak at ten, a lower one at two. */
const hourlyShare = [4, 3, 3, 3, 5, 9, 20, 45, 75, 98, 105, 92, 74, 82, 88, 80, 68, 52, 34, 24, 16, 10, 6, 4];
const steps = 4096;

/** One drawn call: positions in the pools and numbers. One object is filled again and again, so keep none. */
export interface Call {
  index: number;
  /** Milliseconds since the day's first instant; negative for a call of the day before. */
  start: number;
  /** Seconds. */
  duration: number;
  /** Seconds. */
  hold: number;
  agent: number;
  queue: number;
  disposition: number;
  direction: number;
  beginning: number;
  digits: number;
  /** Free bits for columns that nobody knows. */
  bits: number;
}

/** An empty call to fill. */
export function blankCall(): Call {
  return {
    index: 0,
    start: 0,
    duration: 0,
    hold: 0,
    agent: 0,
    queue: 0,
    disposition: 0,
    direction: 0,
    beginning: 0,
    digits: 0,
    bits: 0,
  };
}

const startTable = cumulativeStarts();
const durationTable = durations();

/**
 * Fills `call` with the call of an index out of `total`. Start times rise with the index and follow the day's curve.
 * Seven of a hundred calls are abandoned: they have no agent.
 */
export function drawCall(seed: number, index: number, total: number, call: Call): void {
  const first = drawNumber(seed, index);
  const second = drawNumber(first, index);
  const third = drawNumber(second, index);
  const abandoned = first % 100 < 7;
  call.index = index;
  call.start = startOf((index + (first >>> 16) / 65_536) / total);
  call.duration = abandoned ? 2 + (second & 63) : (durationTable[second & 1023] ?? 0);
  call.hold = (second >>> 10) % (1 + (call.duration >>> 2));
  call.agent = abandoned ? agentNames.size - 1 : (second >>> 16) % (agentNames.size - 1);
  call.queue = third % queues.length;
  call.disposition = abandoned ? dispositions.size - 1 : (third >>> 4) % (dispositions.size - 1);
  call.direction = abandoned ? 0 : (third >>> 8) % directions.size;
  call.beginning = (third >>> 12) % numberBeginnings.length;
  call.digits = (third >>> 16) % 1000;
  call.bits = first >>> 8;
}

/** Moves a drawn call to the last minutes of the day before. */
export function moveToDayBefore(call: Call): void {
  call.start = -1 - (call.bits % 600_000);
}

function startOf(share: number): number {
  const position = share * steps;
  const step = Math.floor(position);
  const from = startTable[step] ?? 0;
  const to = startTable[step + 1] ?? dayMilliseconds;
  return Math.min(dayMilliseconds - 1, Math.floor(from + (to - from) * (position - step)));
}

function cumulativeStarts(): Float64Array {
  const total = hourlyShare.reduce((sum, share) => sum + share, 0);
  const table = new Float64Array(steps + 1);
  let hour = 0;
  let before = 0;
  for (let step = 0; step <= steps; step += 1) {
    const wanted = (step / steps) * total;
    while (hour < 23 && before + (hourlyShare[hour] ?? 0) < wanted) {
      before += hourlyShare[hour] ?? 0;
      hour += 1;
    }
    table[step] = (hour + (wanted - before) / (hourlyShare[hour] ?? 1)) * 3_600_000;
  }
  return table;
}

function durations(): Uint32Array {
  return Uint32Array.from({ length: 1024 }, (_, position) =>
    Math.round(8 + 210 * ((position + 0.5) / (1024.5 - position)) ** 0.62),
  );
}
