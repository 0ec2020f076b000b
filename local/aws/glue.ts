import type { GlueCatalog, StoredPartition } from './glue-catalog.ts';
import { glueInputs } from './glue-schemas.ts';
import { jsonService, operation } from './json-service.ts';
import { embeddedAccount } from './names.ts';
import { type Backend, ServiceFault } from './reply.ts';

/** AWS Glue's data catalog. Expressions, indexes, versions and crawlers are refused. */
export function glue(catalog: GlueCatalog): Backend {
  const tablePath = (input: { DatabaseName: string; TableName: string }) =>
    `${input.DatabaseName}/${input.TableName}`;
  return jsonService({
    service: 'glue',
    target: 'AWSGlue',
    protocol: '1.1',
    invalidInput: 'InvalidInputException',
    operations: {
      ...databaseOperations(catalog),
      GetPartition: operation(
        glueInputs.partition,
        (input) => `${tablePath(input)}/${input.PartitionValues.join('/')}`,
        (input) => {
          const found = catalog.partition(input.DatabaseName, input.TableName, input.PartitionValues);
          return { Partition: partitionOutput(input, found) };
        },
      ),
      GetPartitions: operation(glueInputs.partitions, tablePath, (input) => {
        const start = pageStart(input.NextToken);
        const found = catalog.partitions(input.DatabaseName, input.TableName);
        const end = start + input.MaxResults;
        return {
          Partitions: found.slice(start, end).map((partition) => partitionOutput(input, partition)),
          ...(end < found.length ? { NextToken: String(end) } : {}),
        };
      }),
      CreatePartition: operation(
        glueInputs.createPartition,
        (input) => `${tablePath(input)}/${input.PartitionInput.Values.join('/')}`,
        (input) => catalog.createPartition(input.DatabaseName, input.TableName, input.PartitionInput),
      ),
      BatchCreatePartition: operation(glueInputs.createPartitions, tablePath, (input) => ({
        Errors: input.PartitionInputList.flatMap((partition) => {
          try {
            catalog.createPartition(input.DatabaseName, input.TableName, partition);
            return [];
          } catch (error) {
            if (!(error instanceof ServiceFault)) throw error;
            const ErrorDetail = { ErrorCode: error.name, ErrorMessage: error.message };
            return [{ PartitionValues: partition.Values, ErrorDetail }];
          }
        }),
      })),
      UpdatePartition: operation(
        glueInputs.updatePartition,
        (input) => `${tablePath(input)}/${input.PartitionValueList.join('/')}`,
        (input) =>
          catalog.updatePartition(
            input.DatabaseName,
            input.TableName,
            input.PartitionValueList,
            input.PartitionInput,
          ),
      ),
      DeletePartition: operation(
        glueInputs.partition,
        (input) => `${tablePath(input)}/${input.PartitionValues.join('/')}`,
        (input) => catalog.deletePartition(input.DatabaseName, input.TableName, input.PartitionValues),
      ),
    },
  });
}

function databaseOperations(catalog: GlueCatalog) {
  return {
    GetDatabase: operation(
      glueInputs.namedDatabase,
      (input) => input.Name,
      (input) => {
        const { input: database, created } = catalog.database(input.Name);
        return { Database: { ...database, CreateTime: created / 1000, CatalogId: embeddedAccount } };
      },
    ),
    CreateDatabase: operation(
      glueInputs.createDatabase,
      (input) => input.DatabaseInput.Name,
      (input) => catalog.createDatabase(input.DatabaseInput),
    ),
    GetTable: operation(
      glueInputs.namedTable,
      (input) => `${input.DatabaseName}/${input.Name}`,
      (input) => {
        const { input: table, created, updated } = catalog.table(input.DatabaseName, input.Name);
        const times = { CreateTime: created / 1000, UpdateTime: updated / 1000 };
        return {
          Table: { ...table, DatabaseName: input.DatabaseName, ...times, CatalogId: embeddedAccount },
        };
      },
    ),
    CreateTable: operation(
      glueInputs.tableInput,
      (input) => `${input.DatabaseName}/${input.TableInput.Name}`,
      (input) => catalog.createTable(input.DatabaseName, input.TableInput),
    ),
    UpdateTable: operation(
      glueInputs.tableInput,
      (input) => `${input.DatabaseName}/${input.TableInput.Name}`,
      (input) => catalog.updateTable(input.DatabaseName, input.TableInput),
    ),
  };
}

function partitionOutput(table: { DatabaseName: string; TableName: string }, partition: StoredPartition) {
  return {
    ...partition.input,
    DatabaseName: table.DatabaseName,
    TableName: table.TableName,
    CreationTime: partition.created / 1000,
    CatalogId: embeddedAccount,
  };
}

function pageStart(token: string | undefined): number {
  const start = Number(token ?? 0);
  if (!Number.isSafeInteger(start) || start < 0)
    throw new ServiceFault('InvalidInputException', 'NextToken is not ours.');
  return start;
}
