import jsonata from 'jsonata';
import { StateFault } from './errors.ts';
import { type FunctionSources, registerFunctions } from './functions.ts';
import { isObject, type Json, type JsonObject, kindOf, throughJson } from './json.ts';

/** Variables by name, without the `$`. */
export type Variables = Readonly<Record<string, Json>>;

/** What an expression sees. */
export interface Bindings {
  variables: Variables;
  /** The reserved `$states`. */
  states: { input: Json; context: Json; result?: Json; errorOutput?: Json };
}

/** Evaluates the JSONata parts of a definition. */
export interface Evaluator {
  /**
   * The template with every expression in it replaced by its value. Throws `StateFault` `States.QueryEvaluationError`
   * where an expression fails or has no value.
   *
   * @param field the field's place in the state, as in `Arguments`; parts of it are named `Arguments/Payload/day`.
   */
  evaluate(template: Json, field: string, bindings: Bindings): Promise<Json>;
}

const EXPRESSION = /^\{%([\s\S]*)%\}$/;

/** The JSONata text within `{% … %}`, or undefined where the string is a literal. */
export function expressionIn(value: string): string | undefined {
  return EXPRESSION.exec(value)?.[1]?.trim();
}

/** Makes an evaluator. Expressions are parsed once each. */
export function createEvaluator(sources: FunctionSources): Evaluator {
  const parsed = new Map<string, jsonata.Expression>();

  function parse(text: string): jsonata.Expression {
    const known = parsed.get(text);
    if (known !== undefined) return known;
    const expression = jsonata(text);
    registerFunctions(expression, sources);
    parsed.set(text, expression);
    return expression;
  }

  async function evaluateExpression(text: string, field: string, bindings: Bindings): Promise<Json> {
    const subject = `The JSONata expression '${text}' specified for the field '${field}'`;
    let value: Json | undefined;
    try {
      const names = { ...bindings.variables, states: bindings.states };
      value = throughJson(await parse(text).evaluate(undefined, names), refuseFunctions);
    } catch (problem) {
      const cause = `${subject} threw an error during evaluation. ${messageOf(problem)}`;
      throw new StateFault('States.QueryEvaluationError', cause, field);
    }
    if (value !== undefined) return value;
    throw new StateFault('States.QueryEvaluationError', `${subject} returned nothing (undefined).`, field);
  }

  async function evaluate(template: Json, field: string, bindings: Bindings): Promise<Json> {
    if (typeof template === 'string') {
      const text = expressionIn(template);
      return text === undefined ? template : evaluateExpression(text, field, bindings);
    }
    if (Array.isArray(template)) {
      const items: Json[] = [];
      for (const [index, item] of template.entries())
        items.push(await evaluate(item, `${field}[${index}]`, bindings));
      return items;
    }
    if (!isObject(template)) return template;
    const result: JsonObject = {};
    for (const [key, part] of Object.entries(template))
      result[key] = await evaluate(part, `${field}/${key}`, bindings);
    return result;
  }

  return { evaluate };
}

/** A function is no JSON value: JSONata's own are objects with a mark. */
function refuseFunctions(_key: string, value: unknown): unknown {
  const marked =
    typeof value === 'object' &&
    value !== null &&
    ('_jsonata_lambda' in value || '_jsonata_function' in value);
  if (marked || typeof value === 'function') throw new Error('the result has a function in it');
  return value;
}

/** JSONata throws plain objects with a code and a message. */
function messageOf(problem: unknown): string {
  if (typeof problem !== 'object' || problem === null) return String(problem);
  const code = Reflect.get(problem, 'code');
  const message = Reflect.get(problem, 'message');
  return typeof code === 'string' ? `${code}: ${String(message)}` : String(message);
}

function mismatch(field: string, wanted: string, value: Json): StateFault {
  const cause = `The JSONata expression specified for the field '${field}' returned an unexpected result type. Expected ${wanted}, but was ${kindOf(value)}.`;
  return new StateFault('States.QueryEvaluationError', cause, field);
}

/** Passes a boolean; else throws `States.QueryEvaluationError`. */
export function asBoolean(field: string, value: Json): boolean {
  if (typeof value !== 'boolean') throw mismatch(field, "'boolean'", value);
  return value;
}

/** Passes a string; else throws `States.QueryEvaluationError`. */
export function asString(field: string, value: Json): string {
  if (typeof value !== 'string') throw mismatch(field, "'string'", value);
  return value;
}

/** Passes an array; else throws `States.QueryEvaluationError`. */
export function asArray(field: string, value: Json): Json[] {
  if (!Array.isArray(value)) throw mismatch(field, "'array'", value);
  return value;
}

/** Passes an object; else throws `States.QueryEvaluationError`. */
export function asObject(field: string, value: Json): JsonObject {
  if (!isObject(value)) throw mismatch(field, "'object'", value);
  return value;
}

/** Passes a number within bounds, an integer unless said otherwise; else throws `States.QueryEvaluationError`. */
export function asNumber(field: string, value: Json, least: number, most: number, integer = true): number {
  if (typeof value !== 'number' || (integer && !Number.isInteger(value))) {
    throw mismatch(field, integer ? "'integer'" : "'number'", value);
  }
  if (value >= least && value <= most) return value;
  const cause = `The field '${field}' must be between ${least} and ${most}, but was ${value}.`;
  throw new StateFault('States.QueryEvaluationError', cause, field);
}

/** Passes an ISO 8601 instant with an offset, as epoch milliseconds; else throws `States.QueryEvaluationError`. */
export function asInstant(field: string, value: Json): number {
  const text = asString(field, value);
  const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
  if (Number.isFinite(instant)) return instant;
  const cause = `The field '${field}' must be an ISO 8601 timestamp such as 2024-05-15T00:00:00Z.`;
  throw new StateFault('States.QueryEvaluationError', cause, field);
}
