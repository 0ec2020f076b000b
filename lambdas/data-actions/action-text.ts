import {
  applyEdits,
  findNodeAtLocation,
  type JSONPath,
  modify,
  type Node,
  type ParseError,
  parseTree,
} from 'jsonc-parser';
import { z } from 'zod';
import { catalogued } from '../model/errors.ts';

/*
 * A data action is handled as the text that CXone gave, never as values: what we do not change keeps its bytes, numbers of any
 * length, spelling and order included.
 */

/** Where in an action the one part lies that we change. */
const DATE_PROCESSING: JSONPath = ['configuration', 'dateProcessing'];

/** What `dateProcessing` is to hold. */
export interface WantedFields {
  set: Readonly<Record<string, string | number | boolean>>;
  /** Fields that must not be there. */
  remove: readonly string[];
}

/** Tells which fields of an action CXone keeps itself, by its path. */
export type KeptByServer = (path: JSONPath, value: Node) => boolean;

/** Longest `dateProcessing`: the ledger notes it before and after, in items of 400 KB at most. */
const DATE_PROCESSING_BYTES = 65_536;

/**
 * The text of `dateProcessing`, or undefined where the action has none.
 * @throws ActionUnreadable where it is longer than can be noted
 */
export function dateProcessingText(action: string): string | undefined {
  const node = findNodeAtLocation(rootOf(action), DATE_PROCESSING);
  if (node === undefined) return undefined;
  const text = textOf(action, node);
  if (Buffer.byteLength(text) <= DATE_PROCESSING_BYTES) return text;
  throw unreadable(`dateProcessing is longer than ${DATE_PROCESSING_BYTES} bytes`);
}

const fields = z.record(z.string(), z.unknown()).catch({});

/** As every reader of JSON sees it, the server too: of a field that is there twice, the last. */
const ActionFields = z.object({ configuration: z.object({ dateProcessing: fields }) });

/** The fields of `dateProcessing`; none where it is absent or no object. */
export function dateProcessingFields(action: string): Readonly<Record<string, unknown>> {
  return ActionFields.parse(JSON.parse(action)).configuration.dateProcessing;
}

/** Whether the action holds what is wanted already. */
export function holds(action: string, { set, remove }: WantedFields): boolean {
  const fields = dateProcessingFields(action);
  return (
    Object.entries(set).every(([name, value]) => Object.hasOwn(fields, name) && fields[name] === value) &&
    !remove.some((name) => Object.hasOwn(fields, name))
  );
}

/**
 * The action's text with what is wanted in `dateProcessing`, and everything else letter for letter as it was.
 * @throws ActionUnreadable where that cannot be done, as with a field that is there twice
 */
export function withFields(action: string, wanted: WantedFields): string {
  const node = findNodeAtLocation(rootOf(action), DATE_PROCESSING);
  const base = node?.type === 'object' ? action : edited(action, DATE_PROCESSING, {});
  const set = Object.entries(wanted.set).reduce(
    (text, [name, value]) => edited(text, [...DATE_PROCESSING, name], value),
    base,
  );
  const changed = wanted.remove
    .filter((name) => Object.hasOwn(dateProcessingFields(set), name))
    .reduce((text, name) => edited(text, [...DATE_PROCESSING, name], undefined), set);
  if (holds(changed, wanted)) return changed;
  throw unreadable('dateProcessing cannot be set: a field may be there twice');
}

/**
 * The path of the first difference between two actions, or undefined where they hold the same. The order of fields and the spelling
 * of a number or of an escape make no difference; a digit does.
 */
export function firstDifference(
  left: string,
  right: string,
  except: KeptByServer = () => false,
): string | undefined {
  return differenceOf({ text: left, node: rootOf(left) }, { text: right, node: rootOf(right) }, [], except);
}

interface Place {
  text: string;
  node: Node;
}

function differenceOf(left: Place, right: Place, path: JSONPath, except: KeptByServer): string | undefined {
  if (except(path, left.node) && left.node.type === right.node.type) return undefined;
  const own = members(left.node);
  const other = members(right.node);
  const here = path.join('.') || '(whole)';
  if (left.node.type !== right.node.type || own.length !== other.length) return here;
  if (own.length === 0) return scalar(left) === scalar(right) ? undefined : here;
  for (const [index, { key, value }] of own.entries()) {
    const counterpart = other[index];
    if (counterpart === undefined || counterpart.key !== key) return here;
    const found = differenceOf(
      { ...left, node: value },
      { ...right, node: counterpart.value },
      [...path, key],
      except,
    );
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What an object or an array consists of; an object's members by name. */
function members(node: Node): { key: string | number; value: Node }[] {
  const children = node.children ?? [];
  if (node.type === 'array') return children.map((value, key) => ({ key, value }));
  if (node.type !== 'object') return [];
  return children
    .flatMap(({ children: [key, value] = [] }) =>
      key === undefined || value === undefined ? [] : [{ key: String(key.value), value }],
    )
    .toSorted((one, two) => (one.key < two.key ? -1 : one.key > two.key ? 1 : 0));
}

function scalar({ text, node }: Place): string {
  if (node.type === 'string') return `"${String(node.value)}`;
  return node.type === 'number' ? decimal(textOf(text, node)) : textOf(text, node);
}

/** A number's digits and power of ten: the same for `1`, `1.0` and `10e-1`, and different for two that differ in any digit. */
function decimal(written: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(written) ?? [];
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return '0';
  const power = BigInt(exponent) - BigInt(fraction.length) + BigInt(digits.length - significant.length);
  return `${sign}${significant}e${power}`;
}

function edited(text: string, path: JSONPath, value: unknown): string {
  return applyEdits(text, modify(text, path, value, {}));
}

function rootOf(text: string): Node {
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { disallowComments: true, allowTrailingComma: false });
  if (root?.type === 'object' && errors.length === 0) return root;
  throw unreadable('it is not a JSON object');
}

function textOf(text: string, { offset, length }: Node): string {
  return text.slice(offset, offset + length);
}

function unreadable(why: string) {
  return catalogued('ActionUnreadable', `The data action is not one that can be changed: ${why}.`);
}
