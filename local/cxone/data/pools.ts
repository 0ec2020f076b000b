/** Texts that a column draws from, written once for each format, so that no row is escaped on its own. */
export interface Pool {
  readonly size: number;
  /** The value itself. */
  readonly text: readonly string[];
  /** The value as a CSV field by RFC 4180, quoted only where it must be. */
  readonly csv: readonly string[];
  /** The value as JSON; an empty text is null. */
  readonly json: readonly string[];
}

/** A text as a CSV field by RFC 4180. */
export function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A text as a JSON value; an empty one is null. */
export function jsonText(text: string): string {
  return text === '' ? 'null' : JSON.stringify(text);
}

function pool(text: readonly string[]): Pool {
  return { size: text.length, text, csv: text.map(csvField), json: text.map(jsonText) };
}

const givenNames =
  'Zoë,José,Łukasz,Anaïs,Søren,Márta,Priya,Kwame,Ingrid,Mateo,Aoife,Hiroshi,Fatima,Grace,Oleg,Thu'.split(',');
const surnames = [
  'García-Núñez',
  "O'Neill",
  'Müller, MBA',
  'Okafor',
  'Šimková',
  'van der Berg',
  'Lindström',
  'Smith "Smitty"',
  'Nguyễn',
  'Rossi',
  'Fernández, Jr.',
  'Kowalski',
  'Yamada',
  'Ødegård',
  'Haddad',
  'Brown',
];

/** What is drawn for a queue also settles its skill, the skill's group and the segment, which requests can filter by. */
export interface Queue {
  readonly name: string;
  readonly skill: string;
  readonly skillGroup: string;
  readonly segment: string;
}

function queue(name: string, skill: string, skillGroup: string, segment: string): Queue {
  return { name, skill, skillGroup, segment };
}

/** The queues of the simulated contact center. */
export const queues: readonly Queue[] = [
  queue('Billing', 'Invoices', 'Billing', 'retail'),
  queue('Billing, second level', 'Disputes', 'Billing', 'retail'),
  queue('Technical support', 'Hardware', 'Support', 'retail'),
  queue('Soporte técnico', 'Hardware ES', 'Support', 'retail'),
  queue('Réclamations', 'Complaints FR', 'Support', 'business'),
  queue('Sales', 'New contracts', 'Sales', 'business'),
  queue('Sales "Gold"', 'Renewals', 'Sales', 'business'),
  queue('Outbound campaign', 'Call-backs', 'Sales', 'business'),
];

const outcomes = [
  'Resolved',
  'Resolved',
  'Resolved',
  'Call back',
  'Transferred, other team',
  'Voicemail',
  'No answer',
];

/** The agent's name; the last entry is empty, for calls that no agent took. */
export const agentNames = pool([
  ...givenNames.flatMap((given) => surnames.map((surname) => `${given} ${surname}`)),
  '',
]);
/** The agent's extension, with its leading zeros; the last entry is empty, for calls that no agent took. */
export const agentNumbers = pool([
  ...Array.from({ length: agentNames.size - 1 }, (_, agent) => `00${String(1000 + agent * 7)}`),
  '',
]);
/** The names of {@link queues}, in their order. */
export const queueNames = pool(queues.map((entry) => entry.name));
/** The skills of {@link queues}, in their order. */
export const skills = pool(queues.map((entry) => entry.skill));
/** How calls end; the last entry belongs to calls that no agent took. */
export const dispositions = pool([...outcomes, 'Abandoned']);
/** As {@link dispositions}, with commas, quotes and newlines in each. */
export const wildDispositions = pool(
  [...outcomes, 'Abandoned'].map((text, position) => `${text}, "noted"\nsee line ${position + 1}, "again"\n`),
);
/** Directions of a call. */
export const directions = pool(['Inbound', 'Inbound', 'Inbound', 'Outbound']);

/**
 * Beginnings of telephone numbers that regulators keep free for fiction, each followed by three digits: Ofcom
 * (020 7946 0…), Bundesnetzagentur (030 23125…), ARCEP (01 99 00 …) and ACMA (02 5550 …).
 */
export const numberBeginnings: readonly string[] = [
  '+442079460',
  '00493023125',
  '03023125',
  '+33199000',
  '+61255500',
];
