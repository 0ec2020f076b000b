import { z } from 'zod';
import { MOST_SECONDS } from './limits.ts';

const text = z.string();
const jsonata = text.regex(/^\{%[\s\S]*%\}$/, 'must be a JSONata expression, {% … %}');
const seconds = z.number().int().min(0).max(MOST_SECONDS);
const count = z.number().int().min(0);
const json = z.json();
const assignment = z.record(
  text.regex(/^[A-Za-z_][A-Za-z0-9_]{0,79}$/, 'must be a variable name').refine((name) => name !== 'states', {
    message: 'must not be the reserved name "states"',
  }),
  json,
);

const common = { Comment: text.optional(), QueryLanguage: text.optional() };
const transition = { Next: text.optional(), End: z.boolean().optional() };
const results = { Assign: assignment.optional(), Output: json.optional() };

const retrier = z
  .strictObject({
    Comment: text.optional(),
    ErrorEquals: z.array(text).min(1),
    IntervalSeconds: z.number().int().min(1).max(MOST_SECONDS).default(1),
    MaxAttempts: z.number().int().min(0).max(MOST_SECONDS).default(3),
    BackoffRate: z.number().min(1).default(2),
    MaxDelaySeconds: z.number().int().min(1).max(31_622_399).optional(),
    JitterStrategy: z.enum(['FULL', 'NONE']).default('NONE'),
  })
  .refine((value) => value.MaxDelaySeconds === undefined || value.MaxDelaySeconds > value.IntervalSeconds, {
    message: 'must be greater than IntervalSeconds',
    path: ['MaxDelaySeconds'],
  });

const catcher = z.strictObject({
  Comment: text.optional(),
  ErrorEquals: z.array(text).min(1),
  Next: text,
  ...results,
});

const handling = { Retry: z.array(retrier).default([]), Catch: z.array(catcher).default([]) };

const task = z.strictObject({
  Type: z.literal('Task'),
  ...common,
  ...transition,
  ...results,
  ...handling,
  Resource: text,
  Arguments: json.optional(),
  TimeoutSeconds: z.union([seconds.min(1), jsonata]).optional(),
});

const choice = z.strictObject({
  Type: z.literal('Choice'),
  ...common,
  ...results,
  Choices: z
    .array(
      z.strictObject({
        Comment: text.optional(),
        Condition: z.union([jsonata, z.boolean()]),
        Next: text,
        ...results,
      }),
    )
    .min(1),
  Default: text.optional(),
});

const wait = z
  .strictObject({
    Type: z.literal('Wait'),
    ...common,
    ...transition,
    ...results,
    Seconds: z.union([seconds, jsonata]).optional(),
    Timestamp: z.union([z.iso.datetime({ offset: true }), jsonata]).optional(),
  })
  .refine((value) => (value.Seconds === undefined) !== (value.Timestamp === undefined), {
    message: 'must have exactly one of Seconds and Timestamp',
  });

const pass = z.strictObject({ Type: z.literal('Pass'), ...common, ...transition, ...results });
const succeed = z.strictObject({ Type: z.literal('Succeed'), ...common, Output: json.optional() });
const fail = z.strictObject({
  Type: z.literal('Fail'),
  ...common,
  Error: text.optional(),
  Cause: text.optional(),
});

const processor = z.strictObject({
  Comment: text.optional(),
  QueryLanguage: text.optional(),
  ProcessorConfig: z
    .strictObject({
      Mode: z.enum(['INLINE', 'DISTRIBUTED']).default('INLINE'),
      ExecutionType: z.literal('STANDARD').optional(),
    })
    .default({ Mode: 'INLINE' }),
  StartAt: text,
  States: z.record(text, z.unknown()),
});

const itemReader = z.strictObject({
  Resource: z.literal('arn:aws:states:::s3:getObject'),
  Arguments: z.strictObject({ Bucket: text, Key: text }),
  ReaderConfig: z.strictObject({
    InputType: z.enum(['JSON', 'JSONL']),
    MaxItems: z.union([z.number().int().min(1), jsonata]).optional(),
  }),
});

const itemBatcher = z
  .strictObject({
    MaxItemsPerBatch: z.union([z.number().int().min(1), jsonata]).optional(),
    MaxInputBytesPerBatch: z.union([z.number().int().min(1).max(262_144), jsonata]).optional(),
    BatchInput: json.optional(),
  })
  .refine((value) => value.MaxItemsPerBatch !== undefined || value.MaxInputBytesPerBatch !== undefined, {
    message: 'must have MaxItemsPerBatch or MaxInputBytesPerBatch',
  });

const resultWriter = z.strictObject({
  Resource: z.literal('arn:aws:states:::s3:putObject'),
  Arguments: z.strictObject({ Bucket: text, Prefix: text.optional() }),
  WriterConfig: z
    .strictObject({ Transformation: z.literal('NONE'), OutputType: z.literal('JSON') })
    .optional(),
});

const map = z.strictObject({
  Type: z.literal('Map'),
  ...common,
  ...transition,
  ...results,
  ...handling,
  Items: z.union([z.array(json), jsonata]).optional(),
  ItemSelector: json.optional(),
  ItemProcessor: processor,
  MaxConcurrency: z.union([count, jsonata]).optional(),
  ItemReader: itemReader.optional(),
  ItemBatcher: itemBatcher.optional(),
  ResultWriter: resultWriter.optional(),
  ToleratedFailurePercentage: z.union([z.number().min(0).max(100), jsonata]).optional(),
  ToleratedFailureCount: z.union([count, jsonata]).optional(),
  Label: text.regex(/^[A-Za-z0-9_-]{1,40}$/, 'must be 1 to 40 letters, digits, _ or -').optional(),
});

/** The shape of one state, JSONata dialect. Fields that are not named here are refused. */
export const stateShape = z.discriminatedUnion('Type', [task, choice, wait, pass, succeed, fail, map]);

/** The shape of a whole definition; its states are checked one by one against `stateShape`. */
export const machineShape = z.strictObject({
  Comment: text.optional(),
  Version: z.literal('1.0').optional(),
  QueryLanguage: text.optional(),
  TimeoutSeconds: seconds.min(1).optional(),
  StartAt: text,
  States: z.record(text, z.unknown()),
});

export type Retrier = z.output<typeof retrier>;
export type Catcher = z.output<typeof catcher>;
export type TaskState = z.output<typeof task>;
export type ChoiceState = z.output<typeof choice>;
export type WaitState = z.output<typeof wait>;
export type PassState = z.output<typeof pass>;
export type SucceedState = z.output<typeof succeed>;
export type FailState = z.output<typeof fail>;

/** A Map state with its processor's states loaded. `label` is given for the distributed mode only. */
export type MapState = z.output<typeof map> & { group: StateGroup; label: string | undefined };

/** A loaded state. */
export type State = TaskState | ChoiceState | WaitState | PassState | SucceedState | FailState | MapState;

/** States that run in one scope: a machine's, or those of a Map's processor. */
export interface StateGroup {
  startAt: string;
  states: ReadonlyMap<string, State>;
}

/** A definition that has passed every check. */
export interface Machine {
  arn: string;
  name: string;
  group: StateGroup;
  /** The machine's TimeoutSeconds. */
  timeoutSeconds: number | undefined;
  /** Its distributed Maps by label. */
  labels: ReadonlyMap<string, MapState>;
}
