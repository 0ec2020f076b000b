import { hash } from 'node:crypto';

const LANES = 8;
const LANE_BYTES = 4;

/**
 * A digest of many texts in which their order makes no difference: the sum of their SHA-256 digests in eight lanes of 32 bits, each
 * modulo 2^32. The same text twice counts twice. Holds one digest, however many texts there are.
 */
export class UnorderedDigest {
  readonly #lanes = new Uint32Array(LANES);
  #texts = 0;

  add(text: string): void {
    const digest = hash('sha256', text, 'buffer');
    for (let lane = 0; lane < LANES; lane++)
      this.#lanes[lane] = (this.#lanes[lane] ?? 0) + digest.readUInt32LE(lane * LANE_BYTES);
    this.#texts++;
  }

  /** What stands for the texts, however many there were and in whatever order. */
  value(): string {
    return `${this.#texts}:${this.#lanes.join(',')}`;
  }
}
