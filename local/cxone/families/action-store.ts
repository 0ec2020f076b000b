import { applyEdits, modify } from 'jsonc-parser';
import type { ActionSettings } from '../data/action-settings.ts';
import { actionId, actionName, actionText } from '../data/action-text.ts';
import { drawNumber, seedOf } from '../data/random.ts';

/** A data action as it is kept. */
export interface StoredAction {
  readonly number: number;
  readonly id: string;
  readonly name: string;
  text: string;
  /** As it would be had the caller never written: what the other writer does, he does here too. */
  untouched: string;
  /** How often the caller has written it. */
  writes: number;
  /** How often the other writer has. */
  otherWrites: number;
  /** Another writer's copy of the whole, which he puts back. */
  stale: string;
}

/** The data actions of one CXone, as texts. */
export class ActionStore {
  readonly #seed: string;
  readonly #settings: () => ActionSettings;
  readonly #actions = new Map<string, StoredAction>();
  #made = 0;
  #twins = 0;

  constructor(seed: string, settings: () => ActionSettings) {
    this.#seed = seed;
    this.#settings = settings;
  }

  /** All actions that there are, in a steady order; more are made when the settings have more. */
  all(): StoredAction[] {
    const { count, versions, twice } = this.#settings();
    for (; this.#made < count; this.#made += 1) {
      const number = this.#made + 1;
      this.#add(number, versions === 'all' || (versions === 'odd' && number % 2 === 1), false);
    }
    for (; this.#twins < twice; this.#twins += 1) this.#add(this.#twins + 1, false, true);
    return [...this.#actions.values()];
  }

  /** The action of an id. */
  find(id: string): StoredAction | undefined {
    this.all();
    return this.#actions.get(id);
  }

  /** Makes one more action, as somebody does who creates one. */
  create(): void {
    this.all();
    this.#made += 1;
    this.#add(this.#made, false, false);
  }

  /** Stores what the caller sent, with the next version where there is one. */
  write(action: StoredAction, text: string): void {
    action.stale = action.text;
    action.text = bumped(text, versionOf(action.text));
    action.writes += 1;
  }

  /** The other writer changes a field that is none of the caller's. */
  changeOther(action: StoredAction): void {
    action.text = bumped(revised(action.text), versionOf(action.text));
    action.untouched = bumped(revised(action.untouched), versionOf(action.untouched));
    action.otherWrites += 1;
  }

  /** The other writer puts back the whole that he had read before the caller wrote. */
  putBack(action: StoredAction): void {
    action.text = bumped(action.stale, versionOf(action.text));
    action.otherWrites += 1;
  }

  /** Whether another writer is at work on the action, and has not done all yet. */
  isContested(action: StoredAction): boolean {
    const { contested, contests } = this.#settings();
    const drawn = drawNumber(seedOf(this.#seed, 'contested'), action.number) / 0x1_0000_0000;
    return drawn < contested && action.otherWrites < contests;
  }

  #add(number: number, versioned: boolean, twin: boolean): void {
    const id = actionId(this.#seed, number, twin);
    const text = actionText(this.#seed, number, { versioned, twin });
    const kept = { text, untouched: text, writes: 0, otherWrites: 0, stale: text };
    this.#actions.set(id, { number, id, name: actionName(number), ...kept });
  }
}

/** The version in an action's text; undefined where it has none. */
export function versionOf(text: string): number | undefined {
  const { version }: { version?: unknown } = JSON.parse(text);
  return typeof version === 'number' ? version : undefined;
}

function bumped(text: string, version: number | undefined): string {
  return version === undefined ? text : applyEdits(text, modify(text, ['version'], version + 1, {}));
}

function revised(text: string): string {
  return text.replace(/"revision":(\d+)/, (_, revision: string) => `"revision":${Number(revision) + 1}`);
}
