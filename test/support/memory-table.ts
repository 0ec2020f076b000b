import type { Item, ItemUpdate, Table } from '../../lambdas/model/ports.ts';

/**
 * A ledger in this process, for tests that make very many writes. It understands the expressions that `conditionalUpdate` writes,
 * and nothing else; a test of its own holds it against a real table.
 */
export function memoryTable(): Table {
  const items = new Map<string, Item>();
  return {
    async get({ pk, sk }) {
      const item = items.get(JSON.stringify([pk, sk]));
      return item && structuredClone(item);
    },
    async update(key, write) {
      const identity = JSON.stringify([key.pk, key.sk]);
      const before = items.get(identity);
      if (write.condition !== undefined && !new Reader(write, write.condition, before ?? {}).condition())
        return 'conditionFailed';
      const after = new Reader(write, write.update, before ?? { ...key }).updated();
      items.set(identity, after);
      return structuredClone(after);
    },
    async *query(pk, range = {}) {
      const found = [...items.values()]
        .filter((item) => item.pk === pk)
        .filter(({ sk }) => String(sk) >= (range.from ?? '') && String(sk) <= (range.to ?? '\u{10ffff}'))
        .sort((a, b) => (String(a.sk) < String(b.sk) ? -1 : 1));
      yield* (range.descending ? found.reverse() : found).map((item) => structuredClone(item));
    },
  };
}

class Reader {
  readonly #write: ItemUpdate;
  readonly #tokens: string[];
  readonly #item: Item;
  #at = 0;

  constructor(write: ItemUpdate, text: string, item: Item) {
    this.#write = write;
    this.#tokens = text.match(/[(),]|<=|>=|[<>=]|[:#]?\w+/g) ?? [];
    this.#item = structuredClone(item);
  }

  condition(): boolean {
    const holds = this.#any();
    if (this.#at < this.#tokens.length)
      throw new Error(`Not understood: ${this.#tokens.slice(this.#at).join(' ')}`);
    return holds;
  }

  updated(): Item {
    const before = structuredClone(this.#item);
    let section = '';
    while (this.#at < this.#tokens.length) {
      const token = this.#next();
      if (['SET', 'ADD', 'DELETE', 'REMOVE'].includes(token)) section = token;
      else if (token !== ',') this.#change(section, this.#name(token), before);
    }
    return this.#item;
  }

  #change(section: string, name: string, before: Item): void {
    switch (section) {
      case 'SET':
        this.#expect('=');
        this.#item[name] = this.#operand(before);
        return;
      case 'ADD':
        this.#item[name] = sum(before[name], this.#operand(before));
        return;
      case 'DELETE':
        this.#item[name] = difference(before[name], this.#operand(before));
        if (this.#item[name] === undefined) delete this.#item[name];
        return;
      case 'REMOVE':
        delete this.#item[name];
        return;
      default:
        throw new Error(`Not understood: ${section}`);
    }
  }

  #any(): boolean {
    let holds = this.#all();
    while (this.#accept('OR')) holds = this.#all() || holds;
    return holds;
  }

  #all(): boolean {
    let holds = this.#clause();
    while (this.#accept('AND')) holds = this.#clause() && holds;
    return holds;
  }

  #clause(): boolean {
    if (this.#accept('(')) {
      const holds = this.#any();
      this.#expect(')');
      return holds;
    }
    const first = this.#next();
    if (first === 'attribute_exists' || first === 'attribute_not_exists') {
      this.#expect('(');
      const name = this.#name(this.#next());
      this.#expect(')');
      return Object.hasOwn(this.#item, name) === (first === 'attribute_exists');
    }
    this.#at -= 1;
    const left = this.#operand(this.#item);
    return compare(left, this.#next(), this.#operand(this.#item));
  }

  #operand(item: Item): unknown {
    const token = this.#next();
    if (token.startsWith(':')) return structuredClone(this.#write.values?.[token]);
    if (token.startsWith('#')) return item[this.#name(token)];
    if (token !== 'if_not_exists') throw new Error(`Not understood: ${token}`);
    this.#expect('(');
    const name = this.#name(this.#next());
    this.#expect(',');
    const otherwise = this.#operand(item);
    this.#expect(')');
    return Object.hasOwn(item, name) ? item[name] : otherwise;
  }

  #name(token: string): string {
    const name = this.#write.names?.[token];
    if (name === undefined) throw new Error(`Not understood: ${token}`);
    return name;
  }

  #next(): string {
    const token = this.#tokens[this.#at];
    if (token === undefined) throw new Error('An expression ends too early.');
    this.#at += 1;
    return token;
  }

  #accept(wanted: string): boolean {
    if (this.#tokens[this.#at] !== wanted) return false;
    this.#at += 1;
    return true;
  }

  #expect(wanted: string): void {
    if (!this.#accept(wanted)) throw new Error(`Expected ${wanted} in ${this.#tokens.join(' ')}`);
  }
}

function compare(left: unknown, operator: string, right: unknown): boolean {
  const same = typeof left === typeof right;
  if (operator === '=') return same && left === right;
  const comparable =
    (typeof left === 'number' && typeof right === 'number') ||
    (typeof left === 'string' && typeof right === 'string');
  if (!comparable) return false;
  switch (operator) {
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
    default:
      throw new Error(`Not understood: ${operator}`);
  }
}

function sum(before: unknown, added: unknown): unknown {
  if (typeof added === 'number') return (typeof before === 'number' ? before : 0) + added;
  if (added instanceof Set) return new Set([...(before instanceof Set ? before : []), ...added]);
  throw new Error('Only numbers and sets can be added.');
}

function difference(before: unknown, taken: unknown): unknown {
  if (!(before instanceof Set) || !(taken instanceof Set)) return before;
  const left = new Set([...before].filter((element) => !taken.has(element)));
  return left.size === 0 ? undefined : left;
}
