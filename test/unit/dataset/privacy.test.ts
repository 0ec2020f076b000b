import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { protectionOf } from '../../../lambdas/dataset/privacy.ts';
import { Mapping } from '../../../lambdas/model/mapping.ts';
import { memoryObjectStore } from '../../support/memory-object-store.ts';
import { transformed } from '../../support/record-transform.ts';
import { thrownBy } from '../../support/thrown.ts';
import { lakeRows, quarantine, transform } from '../../support/window-transform.ts';

const KEY = Buffer.from('a key of the tenant');
const AT = '2024-05-15T12:00:00.000Z';
const column = (name: string, changes: object = {}) => ({
  source: name,
  column: name,
  type: 'text',
  ...changes,
});
const PRIVATE = Mapping.parse({
  name: 'private',
  version: 1,
  windowColumn: 'at',
  columns: [
    column('id', { required: true, privacy: 'keep' }),
    column('at', { type: 'timestamp', required: true }),
    column('name', { privacy: 'hash' }),
    column('phone', { privacy: 'mask' }),
    column('mail', { privacy: 'drop', aliases: ['email'] }),
    column('born', { type: 'integer', privacy: 'drop' }),
    column('seconds', { type: 'integer' }),
  ],
});
const rules = { mapping: PRIVATE, key: ['id'], privacyKey: KEY };
const PEOPLE = [
  { id: '1', at: AT, name: 'Ada 日', phone: '+49 30 1234567', mail: 'ada@x.org', born: '1815', seconds: '1' },
  { id: '2', at: AT, name: '', phone: '12345678', mail: 'b@x.org', born: 'never', seconds: '2' },
  { id: '3', at: AT, name: 'Ada 日', phone: '', mail: '', born: '', seconds: '3' },
  {
    id: '4',
    at: AT,
    name: 'Cy Secret',
    phone: '+1 555 98765432',
    mail: 'cy@x.org',
    born: '1',
    seconds: 'many',
  },
];
const HASH = createHmac('sha256', KEY).update('Ada 日').digest('hex');
const EXPECTED = [
  { id: '1', name: HASH, phone: '****4567', seconds: '1' },
  { id: '2', name: null, phone: '****', seconds: '2' },
  { id: '3', name: HASH, phone: null, seconds: '3' },
];
const SECRETS = /Ada|Secret|ada@|cy@|98765432|1234567|1815/;

const asCsv = (people: readonly Record<string, string>[], header = Object.keys(people[0] ?? {})) =>
  `${header.join(',')}\n${people.map((person) => Object.values(person).join(',')).join('\n')}\n`;
const all = (store: ReturnType<typeof memoryObjectStore>) =>
  [...store.objects].filter(([key]) => !key.startsWith('raw/')).map(([, bytes]) => bytes.toString('latin1'));

describe('ALL-19 privacy', () => {
  it.each([
    ['CSV parts', () => transform([asCsv(PEOPLE)], { ...rules, outputs: ['parquet'] })],
    ['JSON parts', () => transform([JSON.stringify(PEOPLE)], { ...rules, format: 'json' })],
    ['records', () => transformed([PEOPLE.map((person) => JSON.stringify(person))], rules)],
  ])('ALL-19 hashes, masks and drops in %s, in the lake and in quarantine', async (_, run) => {
    const done = await run();

    const rows = await lakeRows(
      done,
      'SELECT * EXCLUDE ("at", load_window, load_generation, extra_columns) FROM lake',
    );
    const [reject] = quarantine(done.store, 'rejects');
    expect(rows).toEqual(EXPECTED);
    expect(done.result.drift.unknownColumns).toEqual([]);
    expect(reject).toMatchObject({
      reason: 'TypeMismatch',
      column: 'seconds',
      row: {
        id: '4',
        name: createHmac('sha256', KEY).update('Cy Secret').digest('hex'),
        phone: '****5432',
        seconds: 'many',
      },
    });
    expect(reject?.row).not.toHaveProperty('mail');
    expect(reject?.row).not.toHaveProperty('born');
    expect(all(done.store).filter((text) => SECRETS.test(text))).toEqual([]);
  });

  it('ALL-19 drops by alias, too', async () => {
    const header = ['id', 'at', 'name', 'phone', 'email', 'born', 'seconds'];

    const done = await transform([asCsv(PEOPLE.slice(0, 3), header)], rules);

    expect(done.result.drift.unknownColumns).toEqual([]);
    expect(all(done.store).filter((text) => SECRETS.test(text))).toEqual([]);
  });

  it.each([
    ['CSV', () => transform([`${asCsv(PEOPLE.slice(0, 1))}Ada,Ada\n"Ada"x,1,1,1,1,1,1\n`], rules)],
    ['records', () => transformed([['{"name":"Ada"', '["Ada"]', '{"name":"Ada","name":"Secret"}']], rules)],
  ])('ALL-19 withholds rejects of %s that cannot be told apart into values', async (_, run) => {
    const { store } = await run();

    const rejects = quarantine(store, 'rejects');

    expect(rejects.length).toBeGreaterThan(1);
    expect(rejects.map((reject) => Object.keys(reject))).toEqual(
      rejects.map(() => ['part', 'line', 'reason']),
    );
  });

  it('ALL-19 protects superseded rows as the lake’s', async () => {
    const versions = [PEOPLE[0], { ...PEOPLE[0], seconds: '9' }].map((person) => person ?? {});

    const [fromCsv, fromRecords] = [
      await transform([asCsv(versions)], rules),
      await transformed([versions.map((person) => JSON.stringify(person))], rules),
    ];

    for (const { store } of [fromCsv, fromRecords])
      expect(quarantine(store, 'superseded')).toMatchObject([
        { reason: 'Superseded', row: { name: HASH, phone: '****4567' } },
      ]);
  });

  it('ALL-19 makes another generation under another key, and the same one under the same', async () => {
    const run = async (privacyKey: Buffer) => [
      (await transform([asCsv(PEOPLE)], { ...rules, privacyKey })).result.generation,
      (await transformed([PEOPLE.map((person) => JSON.stringify(person))], { ...rules, privacyKey })).result
        .generation,
    ];

    const [one, same, other] = [await run(KEY), await run(KEY), await run(Buffer.from('another'))];

    expect(same).toEqual(one);
    expect(other.filter((generation) => one.includes(generation))).toEqual([]);
  });

  it('ALL-19 hashes nothing without a key', async () => {
    const store = memoryObjectStore();

    const errors = [
      await thrownBy(transform([asCsv(PEOPLE)], { ...rules, privacyKey: undefined })),
      await thrownBy(transformed([['{}']], { ...rules, privacyKey: undefined }, store)),
    ];

    expect(errors.map(({ name }) => name)).toEqual(['SettingsRefused', 'SettingsRefused']);
    expect(store.writes).toEqual([]);
  });

  describe.each(['mask', 'drop'] as const)('CDR-12 a key of which a column is: %s', (privacy) => {
    const columns = PRIVATE.columns.map((mapped) =>
      mapped.column === 'phone' ? { ...mapped, privacy } : mapped,
    );
    const blurred = { ...rules, mapping: { ...PRIVATE, columns }, key: ['id', 'phone'] };

    it('ALL-19 CDR-12 is refused of parts and of records, before different ones become one', async () => {
      const store = memoryObjectStore();

      const failures = [
        await thrownBy(transform([asCsv(PEOPLE)], blurred)),
        await thrownBy(transformed([PEOPLE.map((person) => JSON.stringify(person))], blurred, store)),
      ];

      expect(failures.map(({ name }) => name)).toEqual(['SettingsRefused', 'SettingsRefused']);
      expect(failures[0]?.message).toContain(`by the mapping private phone is ${privacy}`);
      expect(store.writes).toEqual([]);
    });
  });

  it('ALL-19 CDR-12 tells records apart by a hashed column of the key', async () => {
    const others = ['Ada', 'Bea', 'Ada'].map((name, index) => ({
      ...PEOPLE[0],
      id: '1',
      name,
      seconds: `${index}`,
    }));

    const done = await transform([asCsv(others)], { ...rules, key: ['id', 'name'] });

    expect(done.result.counts).toMatchObject({ superseded: 1, rowsOut: 2 });
  });

  it('ALL-19 protects any text in CSV parts as in records', async () => {
    const name = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
      .map((text) => text.replaceAll(/[\p{Cc}\p{Cs}"]/gu, '') || 'x');
    const property = fc.asyncProperty(fc.array(name, { minLength: 1, maxLength: 20 }), async (names) => {
      const people = names.map((text, index) => ({ id: `${index}`, at: AT, name: text, phone: text }));
      const csv = `id,at,name,phone\n${people.map(({ id, at, name: text }) => `${id},${at},"${text}","${text}"`).join('\n')}\n`;
      const sql = 'SELECT id, name, phone FROM lake ORDER BY CAST(id AS INT)';
      const longKey = Buffer.from('key '.repeat(40));

      const done = await transform([csv], { ...rules, privacyKey: longKey });
      const [hash, mask] = [protectionOf('hash', longKey), protectionOf('mask', longKey)];

      expect(await lakeRows(done, sql)).toEqual(
        people.map(({ id, name: text }) => ({ id, name: hash(text), phone: mask(text) })),
      );
    });

    await fc.assert(property, { numRuns: 8 });
  });
});

describe('ALL-19 a mapping', () => {
  it.each([
    [{ type: 'integer', privacy: 'hash' }],
    [{ type: 'timestamp', privacy: 'mask' }],
    [{ required: true, privacy: 'drop' }],
  ])('ALL-19 is refused where %o cannot be done', (changes) => {
    const columns = [...PRIVATE.columns, column('extra', changes)];

    const parsed = Mapping.safeParse({ ...PRIVATE, columns });

    expect(parsed.error?.issues.map(({ path }) => path.join('.'))).toEqual(['columns.7.privacy']);
  });

  it('ALL-19 is refused where the window column is dropped', () => {
    const columns = PRIVATE.columns.map((mapped) =>
      mapped.column === 'at' ? { ...mapped, required: false, privacy: 'drop' } : mapped,
    );

    expect(Mapping.safeParse({ ...PRIVATE, columns }).success).toBe(false);
  });
});
