import { z } from 'zod';
import { isZone } from '../data/local-time.ts';

const computed = z
  .string()
  .regex(
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$/,
    'has to be ISO 8601 in UTC, to the millisecond at most',
  )
  .refine((text) => isReal(text.slice(0, 19)), 'has to be a date of the calendar');

const local = z
  .string()
  .regex(
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?[+-]\d\d:\d\d$/,
    'has to be ISO 8601 with an offset, to the millisecond at most',
  )
  .refine((text) => isReal(text.slice(0, 19)), 'has to be a date of the calendar');

const actionSchema = z.looseObject({
  id: z.string(),
  name: z.string().min(1),
  type: z.string(),
  enabled: z.boolean(),
  configuration: z.looseObject({
    dateProcessing: z
      .looseObject({
        sourceField: z.string().min(1),
        targetField: z.string().min(1),
        computedValue: computed,
        timezone: z.string().refine(isZone, 'unknown time zone'),
        dstAdjustment: z.boolean(),
        precision: z.int().min(0).max(3),
        localValue: local.optional(),
      })
      .optional(),
  }),
});

/** A data action that can be stored. */
export type WrittenAction = z.infer<typeof actionSchema>;

/** Reads the body of a PUT: the action, or every problem with its path. */
export function readAction(body: string): WrittenAction | { readonly problems: readonly string[] } {
  const parsed = actionSchema.safeParse(jsonOf(body));
  if (parsed.success) return parsed.data;
  return { problems: parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`) };
}

function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function isReal(text: string): boolean {
  const parsed = Date.parse(`${text}Z`);
  return !Number.isNaN(parsed) && new Date(parsed).toISOString().slice(0, 19) === text;
}
