import { z } from 'zod';

/** The types a column may have in the lake. */
export const ColumnType = z.enum(['text', 'timestamp', 'duration', 'integer', 'decimal', 'boolean']);
export type ColumnType = z.infer<typeof ColumnType>;

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
  source: z.string().min(1).max(128).describe('The name of the column in the export'),
  column: columnName.describe('The name of the column in the lake'),
  type: ColumnType,
  unit: DurationUnit.optional().describe('For durations: the unit of the source'),
  required: z
    .boolean()
    .default(false)
    .describe('A part without this column stops the window; a row without a value in it is a reject'),
  aliases: z
    .array(z.string().min(1).max(128))
    .default([])
    .describe('Other names that the source has used for it'),
  description: z.string().max(400).default('').describe('For the data dictionary'),
});
export type MappedColumn = z.infer<typeof MappedColumn>;

/** Names that the load itself adds to every row; a mapping must not use them. */
export const LOAD_COLUMNS = ['load_window', 'load_generation', 'extra_columns', 'dt'] as const;

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
    nulls: z.array(z.string()).default(['']).describe('Spellings of null in text formats'),
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
