import type { Catcher, MapState, State } from './definition.ts';
import { expressionIn } from './evaluate.ts';
import { ADDED_FUNCTIONS, WITHHELD_FUNCTIONS } from './functions.ts';
import { isObject, type Json } from './json.ts';
import { referencesOf } from './variables.ts';

/** Where `$states.result` and `$states.errorOutput` have a value. */
const RESULT_FIELDS = /^(Assign|Output)\b/;
const ERROR_FIELDS = /^Catch\[/;

/**
 * Checks every expression of a state: that it parses, that its variables can have a value, and that it reads of
 * `$states` only what is there.
 *
 * @param known the variables that may be assigned before the state; undefined where that cannot be told.
 */
export function checkExpressions(
  state: State,
  place: string,
  known: ReadonlySet<string> | undefined,
  problems: string[],
): void {
  const hasResult = state.Type === 'Task' || state.Type === 'Map';
  for (const { field, value } of templatesOf(state)) {
    walk(value, field, (text, at) => {
      const problem = (what: string) => problems.push(`${place}.${at}: ${what}`);
      const source = expressionIn(text);
      if (source === undefined) {
        if (/^\{%|%\}$/.test(text)) problem('a JSONata expression begins with {% and ends with %}');
        return;
      }
      let references: ReturnType<typeof referencesOf>;
      try {
        references = referencesOf(source);
      } catch (error) {
        problem(`is not JSONata: ${String(Reflect.get(Object(error), 'message'))}`);
        return;
      }
      for (const name of references.free) {
        if (WITHHELD.has(name)) problem(`$${name} is not offered by Step Functions`);
        else if (known !== undefined && !known.has(name) && !isProvided(name))
          problem(`$${name} is assigned on no path to this state`);
      }
      if (references.states.has('result') && !(hasResult && RESULT_FIELDS.test(at)))
        problem('$states.result has no value here');
      if (references.states.has('errorOutput') && !ERROR_FIELDS.test(at))
        problem('$states.errorOutput has no value here');
    });
  }
}

const WITHHELD: ReadonlySet<string> = new Set(WITHHELD_FUNCTIONS);
const PROVIDED: ReadonlySet<string> = new Set(['', '$', 'states', ...ADDED_FUNCTIONS]);

/** Whether a name is JSONata's own: asked of JSONata, for which an unbound name has no value. */
function isProvided(name: string): boolean {
  return PROVIDED.has(name) || BUILT_IN.has(name);
}

const BUILT_IN: ReadonlySet<string> = new Set(
  `sum count max min average string substring substringBefore substringAfter lowercase uppercase length trim pad match
  contains replace split join formatNumber formatBase formatInteger parseInteger number floor ceil round abs sqrt power
  random boolean not map zip filter single reduce sift keys lookup append exists spread merge reverse each error assert
  type sort shuffle distinct base64encode base64decode encodeUrlComponent encodeUrl decodeUrlComponent decodeUrl toMillis
  fromMillis clone now millis`.split(/\s+/),
);

/** A field of a state and what stands there. */
interface Part {
  field: string;
  value: Json | undefined;
}

/** Every part of a state that may hold expressions, by its field. */
function templatesOf(state: State): Part[] {
  switch (state.Type) {
    case 'Task':
      return [...resultsOf(state), ...handlersOf(state), ...pick(state, ['Arguments', 'TimeoutSeconds'])];
    case 'Choice':
      return [
        ...resultsOf(state),
        ...state.Choices.flatMap((rule, index) =>
          pick(rule, ['Condition', 'Assign', 'Output']).map((part) => ({
            ...part,
            field: `Choices[${index}].${part.field}`,
          })),
        ),
      ];
    case 'Wait':
      return [...resultsOf(state), ...pick(state, ['Seconds', 'Timestamp'])];
    case 'Pass':
      return resultsOf(state);
    case 'Succeed':
      return pick(state, ['Output']);
    case 'Fail':
      return pick(state, ['Error', 'Cause']);
    case 'Map':
      return [...resultsOf(state), ...handlersOf(state), ...mapTemplates(state)];
  }
}

function mapTemplates(state: MapState): Part[] {
  return [
    ...pick(state, [
      'Items',
      'ItemSelector',
      'MaxConcurrency',
      'ToleratedFailurePercentage',
      'ToleratedFailureCount',
    ]),
    { field: 'ItemReader.Arguments', value: state.ItemReader?.Arguments },
    { field: 'ItemReader.ReaderConfig.MaxItems', value: state.ItemReader?.ReaderConfig.MaxItems },
    { field: 'ItemBatcher.MaxItemsPerBatch', value: state.ItemBatcher?.MaxItemsPerBatch },
    { field: 'ItemBatcher.MaxInputBytesPerBatch', value: state.ItemBatcher?.MaxInputBytesPerBatch },
    { field: 'ItemBatcher.BatchInput', value: state.ItemBatcher?.BatchInput },
    { field: 'ResultWriter.Arguments.Bucket', value: state.ResultWriter?.Arguments.Bucket },
    { field: 'ResultWriter.Arguments.Prefix', value: state.ResultWriter?.Arguments.Prefix },
  ];
}

function resultsOf(state: { Assign?: Json | undefined; Output?: Json | undefined }) {
  return pick(state, ['Assign', 'Output']);
}

function handlersOf(state: { Catch: Catcher[] }) {
  return state.Catch.flatMap((catcher, index) =>
    pick(catcher, ['Assign', 'Output']).map((part) => ({ ...part, field: `Catch[${index}].${part.field}` })),
  );
}

function pick<Field extends string>(from: { [field in Field]?: Json | undefined }, fields: Field[]) {
  return fields.map((field): Part => ({ field, value: from[field] }));
}

function walk(value: Json | undefined, field: string, visit: (text: string, field: string) => void): void {
  if (typeof value === 'string') visit(value, field);
  else if (Array.isArray(value))
    for (const [index, item] of value.entries()) walk(item, `${field}[${index}]`, visit);
  else if (isObject(value))
    for (const [key, part] of Object.entries(value)) walk(part, `${field}.${key}`, visit);
}
