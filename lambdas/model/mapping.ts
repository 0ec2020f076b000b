import { z } from 'zod';

/** The types a column may have in the lake. */
export const ColumnType = z.enum([
  'text',
  'timestamp',
  'duration',
  'integer',
  'decimal',
  'double',
  'boolean',
]);
export type ColumnType = z.infer<typeof ColumnType>;

/**
 * What becomes of a column's values before anything but raw is written: `keep`; `drop`, the lake does not have the column;
 * `hash`, HMAC-SHA-256 in hex under the tenant's key (`HashKeySettings`), equal for equal values; `mask`, four asterisks and, of texts of more
 * than eight characters, the last four.
 */
export const Privacy = z.enum(['keep', 'drop', 'hash', 'mask']);
export type Privacy = z.infer<typeof Privacy>;

/**
 * What becomes of fields that the mapping does not know: `extra`, into the JSON of `extra_columns`; `ignore`, counted and left
 * out; `fail`, the window stops.
 */
export const NewFields = z.enum(['extra', 'ignore', 'fail']);
export type NewFields = z.infer<typeof NewFields>;

/** In what unit the source gives a duration. In the lake it is always decimal seconds. */
export const DurationUnit = z.enum(['seconds', 'milliseconds']);
export type DurationUnit = z.infer<typeof DurationUnit>;

const columnName = z
  .string()
  .regex(
    /^[a-z][a-z0-9_]{0,62}$/,
    'must be lower-case letters, digits and underscores, starting with a letter',
  );

/** One column: where it comes from, what it is called and what it is. */
export const MappedColumn = z.strictObject({
  source: z
    .string()
    .min(1)
    .max(512)
    .describe(
      'The name of the column in the export; in records the path of keys, metric.calls.answered, with a backslash before a dot that belongs to a key',
    ),
  column: columnName.describe('The name of the column in the lake'),
  type: ColumnType,
  unit: DurationUnit.optional().describe('For durations: the unit of the source'),
  required: z
    .boolean()
    .default(false)
    .describe(
      'A part without this column stops the window; a row without a value in it is a reject. In records it counts for completeness',
    ),
  aliases: z
    .array(z.string().min(1).max(512))
    .default([])
    .describe('Other names that the source has used for it'),
  nulls: z
    .array(z.string())
    .optional()
    .describe('Spellings of null in this column, instead of those of the mapping'),
  privacy: Privacy.optional().describe('Default: keep. hash and mask are for text columns'),
  description: z.string().max(400).default('').describe('For the data dictionary'),
});
export type MappedColumn = z.infer<typeof MappedColumn>;

/** Names that the load itself adds to every row; a mapping must not use them. */
export const LOAD_COLUMNS = ['load_window', 'load_generation', 'extra_columns', 'dt'] as const;

function dependedOn(mapping: {
  windowColumn: string;
  endColumn?: string | undefined;
  durationColumn?: string | undefined;
}): (string | undefined)[] {
  return [mapping.windowColumn, mapping.endColumn, mapping.durationColumn];
}

/** How a dataset's source columns become typed columns. Versioned: the version is part of the generation. */
export const Mapping = z
  .strictObject({
    $schema: z.string().optional(),
    name: z.string().regex(/^[a-z][a-z0-9-]{1,47}$/),
    version: z.int().min(1),
    windowColumn: columnName.describe('The timestamp column whose day must be the window’s'),
    endColumn: columnName
      .optional()
      .describe('The timestamp column where the record ends: checks durations against it'),
    durationColumn: columnName
      .optional()
      .describe('The duration that must equal end minus start: tells the unit of a part'),
    nulls: z.array(z.string()).default(['']).describe('Texts that stand for null'),
    newFields: NewFields.optional().describe('Default: extra'),
    columns: z.array(MappedColumn).min(1).max(150),
  })
  .check(({ value, issues }) => {
    const seen = new Map<string, number>();
    value.columns.forEach((column, index) => {
      const complain = (field: string, message: string) =>
        issues.push({ code: 'custom', input: column, path: ['columns', index, field], message });
      for (const name of [
        column.column,
        ...[column.source, ...column.aliases].map((source) => `source ${source}`),
      ]) {
        if (seen.has(name))
          complain(
            name.startsWith('source ') ? 'source' : 'column',
            `is already used by column ${seen.get(name)}`,
          );
        seen.set(name, index);
      }
      if ((LOAD_COLUMNS as readonly string[]).includes(column.column))
        complain('column', 'is a name that the load itself uses');
      if (column.type === 'duration' && column.unit === undefined)
        complain('unit', 'must be seconds or milliseconds for a duration');
      if (column.type !== 'duration' && column.unit !== undefined) complain('unit', 'is only for durations');
      if ((column.privacy === 'hash' || column.privacy === 'mask') && column.type !== 'text')
        complain('privacy', 'must be keep or drop for a column that is not text');
      if (column.privacy === 'drop' && (column.required || dependedOn(value).includes(column.column)))
        complain('privacy', 'must not be drop for a column that is required or tells day, end or duration');
    });
    const expectColumn = (field: 'windowColumn' | 'endColumn' | 'durationColumn', type: ColumnType) => {
      const name = value[field];
      if (name !== undefined && value.columns.find((column) => column.column === name)?.type !== type)
        issues.push({ code: 'custom', input: name, path: [field], message: `must name a ${type} column` });
    };
    expectColumn('windowColumn', 'timestamp');
    expectColumn('endColumn', 'timestamp');
    expectColumn('durationColumn', 'duration');
  });
export type Mapping = z.infer<typeof Mapping>;

/** The mapping as short as it can be written: parsed again, it is the same. */
export function withoutDefaults(mapping: Mapping): z.input<typeof Mapping> {
  const { nulls, columns, ...rest } = mapping;
  return {
    ...rest,
    ...(nulls.length === 1 && nulls[0] === '' ? {} : { nulls }),
    columns: columns.map(({ required, aliases, description, ...column }) => ({
      ...column,
      ...(required ? { required } : {}),
      ...(aliases.length === 0 ? {} : { aliases }),
      ...(description === '' ? {} : { description }),
    })),
  };
}

/** The mapping of the columns that the lake has: all but those that are dropped. */
export function lakeMapping(mapping: Mapping): Mapping {
  return { ...mapping, columns: mapping.columns.filter(({ privacy }) => privacy !== 'drop') };
}

/** Whether a column's values are hashed: the tenant needs a key for that. */
export function isHashed({ columns }: Pick<Mapping, 'columns'>): boolean {
  return columns.some(({ privacy }) => privacy === 'hash');
}

/** Whether different values of a column look the same in the lake: it cannot tell records apart, as a column of the key has to. */
export function blursKey({ privacy }: Pick<MappedColumn, 'privacy'>): boolean {
  return privacy === 'mask' || privacy === 'drop';
}

/** Names of the source, aliases included, whose values must not go anywhere. */
export function droppedSources(mapping: Mapping): string[] {
  return mapping.columns
    .filter(({ privacy }) => privacy === 'drop')
    .flatMap(({ source, aliases }) => [source, ...aliases]);
}
