import { z } from 'zod';

/**
 * A check that is made whatever else is wrong with the value, so that all problems are told at once. The value may be of any
 * form then: the check has to look before it takes.
 */
export function unconditionalCheck<Value>(look: z.core.CheckFn<Value>): z.core.$ZodCheck<Value> {
  const check = z.check(look);
  check._zod.def.when = () => true;
  return check;
}
