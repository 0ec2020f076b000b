/** One field of a cron expression: its bounds, the names that stand for numbers, the special marks it takes. */
interface CronField {
  name: string;
  from: number;
  to: number;
  names?: readonly string[];
  /** Marks beyond `*`, lists, ranges and steps. */
  marks?: RegExp;
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

/** Source: EventBridge Scheduler's user guide, "Schedule types", cron-based schedules. */
const FIELDS: readonly CronField[] = [
  { name: 'minutes', from: 0, to: 59 },
  { name: 'hours', from: 0, to: 23 },
  { name: 'day of the month', from: 1, to: 31, marks: /^(\?|L|L-\d{1,2}|LW|\d{1,2}W)$/ },
  { name: 'month', from: 1, to: 12, names: MONTHS },
  { name: 'day of the week', from: 1, to: 7, names: WEEKDAYS, marks: /^(\?|L|[1-7]L|[1-7]#[1-5])$/ },
  { name: 'year', from: 1970, to: 2199 },
];

/** What would be right, where EventBridge would not take the cron expression; undefined where it would. */
export function cronProblem(cron: string): string | undefined {
  const fields = cron.split(' ');
  const wrong = FIELDS.filter((field, index) => !isField(field, fields[index] ?? '')).map(({ name }) => name);
  if (wrong.length > 0) return `must be an EventBridge cron expression: look at its ${wrong.join(', ')}`;
  if ([fields[2], fields[4]].filter((field) => field === '?').length !== 1)
    return 'must have ? as day of the month or as day of the week, and not as both';
  return undefined;
}

function isField(field: CronField, text: string): boolean {
  return text
    .toUpperCase()
    .split(',')
    .every((entry) => field.marks?.test(entry) || isRange(field, entry));
}

function isRange(field: CronField, entry: string): boolean {
  const [range = '', step, ...more] = entry.split('/');
  if (more.length > 0 || (step !== undefined && !(/^\d{1,3}$/.test(step) && Number(step) > 0))) return false;
  if (range === '*') return true;
  const ends = range.split('-').map((end) => numberOf(field, end));
  if (ends.length > 2) return false;
  return ends.every((end) => end !== undefined && end >= field.from && end <= field.to);
}

function numberOf(field: CronField, text: string): number | undefined {
  if (/^\d{1,4}$/.test(text)) return Number(text);
  const at = field.names?.indexOf(text) ?? -1;
  return at === -1 ? undefined : at + field.from;
}
