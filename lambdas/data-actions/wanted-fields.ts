import type { PlannedUpdate } from '../model/planned-update.ts';
import { dateProcessingFields, type WantedFields } from './action-text.ts';

/** What an action that names no fields is given: the names of the API notes, section 6. */
const USUAL_FIELDS = { sourceField: 'input_datetime', targetField: 'processed_datetime' };

/**
 * What `dateProcessing` of the action is to hold after the update. Fields that the update does not name stay as they are,
 * unknown ones included; a local time is there only when it is sent, so that none of an earlier update stays behind.
 */
export function wantedFields(update: PlannedUpdate, action: string): WantedFields {
  const { computedValue, localValue, zone, precision, sendLocalValue } = update;
  const own = dateProcessingFields(action);
  const named = (field: keyof typeof USUAL_FIELDS) => {
    const present = own[field];
    return update[field] ?? (typeof present === 'string' ? present : USUAL_FIELDS[field]);
  };
  return {
    set: {
      sourceField: named('sourceField'),
      targetField: named('targetField'),
      computedValue,
      timezone: zone,
      dstAdjustment: true,
      precision,
      ...(sendLocalValue ? { localValue } : {}),
    },
    remove: sendLocalValue ? [] : ['localValue'],
  };
}
