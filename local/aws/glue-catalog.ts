import { join } from 'node:path';
import { z } from 'zod';
import { Documents } from './documents.ts';
import { databaseInput, partitionInput, tableInput } from './glue-schemas.ts';
import { ServiceFault } from './reply.ts';

const stamped = <Schema extends z.ZodType>(input: Schema) =>
  z.object({ input, created: z.number(), updated: z.number() });
const storedDatabase = stamped(databaseInput);
const storedTable = stamped(tableInput);
const storedPartition = stamped(partitionInput);

export type StoredDatabase = z.infer<typeof storedDatabase>;
export type StoredTable = z.infer<typeof storedTable>;
export type StoredPartition = z.infer<typeof storedPartition>;

const missing = (what: string) => new ServiceFault('EntityNotFoundException', `${what} not found.`);
const existing = (what: string) => new ServiceFault('AlreadyExistsException', `${what} already exists.`);

/** Databases, tables and partitions; each change is on disk, whole, before it returns. Names are lower case, as in Glue. */
export class GlueCatalog {
  readonly #databases: Documents<StoredDatabase>;
  readonly #tables: Documents<StoredTable>;
  readonly #partitions: Documents<StoredPartition>;
  readonly #now: () => number;

  constructor(folder: string, now: () => number) {
    this.#databases = new Documents(join(folder, 'databases'), storedDatabase);
    this.#tables = new Documents(join(folder, 'tables'), storedTable);
    this.#partitions = new Documents(join(folder, 'partitions'), storedPartition);
    this.#now = now;
  }

  #stamped<Input>(input: Input): { input: Input; created: number; updated: number } {
    const now = this.#now();
    return { input, created: now, updated: now };
  }

  hasDatabase(name: string): boolean {
    return this.#databases.has(name.toLowerCase());
  }

  hasTable(database: string, name: string): boolean {
    return this.#tables.has(pathOf(database, name));
  }

  database(name: string): StoredDatabase {
    const found = this.#databases.get(name.toLowerCase());
    if (!found) throw missing(`Database ${name}`);
    return found;
  }

  createDatabase(input: StoredDatabase['input']): void {
    const name = input.Name.toLowerCase();
    if (this.#databases.has(name)) throw existing(`Database ${name}`);
    this.#databases.put(name, this.#stamped({ ...input, Name: name }));
  }

  table(database: string, name: string): StoredTable {
    this.database(database);
    const found = this.#tables.get(pathOf(database, name));
    if (!found) throw missing(`Table ${name}`);
    return found;
  }

  createTable(database: string, input: StoredTable['input']): void {
    this.database(database);
    const path = pathOf(database, input.Name);
    if (this.#tables.has(path)) throw existing(`Table ${input.Name}`);
    this.#tables.put(path, this.#stamped({ ...input, Name: input.Name.toLowerCase() }));
  }

  updateTable(database: string, input: StoredTable['input']): void {
    const { created } = this.table(database, input.Name);
    const name = input.Name.toLowerCase();
    this.#tables.put(pathOf(database, name), { ...this.#stamped({ ...input, Name: name }), created });
  }

  partition(database: string, table: string, values: readonly string[]): StoredPartition {
    this.table(database, table);
    const found = this.#partitions.get(partitionPath(database, table, values));
    if (!found) throw missing(`Partition ${values.join('/')}`);
    return found;
  }

  /** All partitions of a table, in the order of their values. */
  partitions(database: string, table: string): StoredPartition[] {
    this.table(database, table);
    const prefix = `${pathOf(database, table)}\n`;
    const found = this.#partitions.entries().filter(([path]) => path.startsWith(prefix));
    return found.map(([, partition]) => partition);
  }

  createPartition(database: string, table: string, input: StoredPartition['input']): void {
    const path = this.#checkedPath(database, table, input.Values);
    if (this.#partitions.has(path)) throw existing(`Partition ${input.Values.join('/')}`);
    this.#partitions.put(path, this.#stamped(input));
  }

  updatePartition(
    database: string,
    table: string,
    values: readonly string[],
    input: StoredPartition['input'],
  ): void {
    const path = this.#checkedPath(database, table, input.Values);
    if (partitionPath(database, table, values) !== path) {
      throw new ServiceFault('InvalidInputException', 'Changing the values of a partition is not embedded.');
    }
    const { created } = this.partition(database, table, values);
    this.#partitions.put(path, { ...this.#stamped(input), created });
  }

  deletePartition(database: string, table: string, values: readonly string[]): void {
    this.partition(database, table, values);
    this.#partitions.delete(partitionPath(database, table, values));
  }

  #checkedPath(database: string, table: string, values: readonly string[]): string {
    const keys = this.table(database, table).input.PartitionKeys;
    if (keys.length !== values.length) {
      const message = `The number of partition keys (${keys.length}) does not match the number of values (${values.length}).`;
      throw new ServiceFault('InvalidInputException', message);
    }
    return partitionPath(database, table, values);
  }
}

// A newline cannot be part of a Glue name, so paths of different tables never meet.
function pathOf(database: string, table: string): string {
  return `${database.toLowerCase()}\n${table.toLowerCase()}`;
}

function partitionPath(database: string, table: string, values: readonly string[]): string {
  return `${pathOf(database, table)}\n${JSON.stringify(values)}`;
}
