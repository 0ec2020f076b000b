import { z } from 'zod';
import { embeddedAccount } from './names.ts';

const parameters = z.record(z.string(), z.string());
const name = z.string().min(1).max(255);
const column = z.strictObject({
  Name: name,
  Type: z.string().optional(),
  Comment: z.string().optional(),
  Parameters: parameters.optional(),
});
const storageDescriptor = z.strictObject({
  Columns: z.array(column).optional(),
  Location: z.string().optional(),
  InputFormat: z.string().optional(),
  OutputFormat: z.string().optional(),
  Compressed: z.boolean().optional(),
  NumberOfBuckets: z.int().optional(),
  SerdeInfo: z
    .strictObject({
      Name: z.string().optional(),
      SerializationLibrary: z.string().optional(),
      Parameters: parameters.optional(),
    })
    .optional(),
  BucketColumns: z.array(z.string()).optional(),
  SortColumns: z.array(z.strictObject({ Column: z.string(), SortOrder: z.int() })).optional(),
  Parameters: parameters.optional(),
  StoredAsSubDirectories: z.boolean().optional(),
});

/** Glue's `DatabaseInput`. */
export const databaseInput = z.strictObject({
  Name: name,
  Description: z.string().optional(),
  LocationUri: z.string().optional(),
  Parameters: parameters.optional(),
});

/** Glue's `TableInput`, as far as external tables need it. */
export const tableInput = z.strictObject({
  Name: name,
  Description: z.string().optional(),
  Owner: z.string().optional(),
  Retention: z.int().optional(),
  StorageDescriptor: storageDescriptor.optional(),
  PartitionKeys: z.array(column).default([]),
  TableType: z.string().optional(),
  Parameters: parameters.optional(),
});

/** Glue's `PartitionInput`. */
export const partitionInput = z.strictObject({
  Values: z.array(z.string().min(1)).min(1),
  StorageDescriptor: storageDescriptor.optional(),
  Parameters: parameters.optional(),
});

const catalog = { CatalogId: z.literal(embeddedAccount).optional() };
const database = { ...catalog, DatabaseName: name };
const table = { ...database, TableName: name };

/** The inputs of the operations. */
export const glueInputs = {
  namedDatabase: z.strictObject({ ...catalog, Name: name }),
  createDatabase: z.strictObject({ ...catalog, DatabaseInput: databaseInput }),
  namedTable: z.strictObject({ ...database, Name: name }),
  tableInput: z.strictObject({ ...database, TableInput: tableInput }),
  partition: z.strictObject({ ...table, PartitionValues: z.array(z.string()) }),
  partitions: z.strictObject({
    ...table,
    MaxResults: z.int().min(1).max(1000).default(1000),
    NextToken: z.string().optional(),
  }),
  createPartition: z.strictObject({ ...table, PartitionInput: partitionInput }),
  createPartitions: z.strictObject({ ...table, PartitionInputList: z.array(partitionInput).max(100) }),
  updatePartition: z.strictObject({
    ...table,
    PartitionValueList: z.array(z.string()).max(100),
    PartitionInput: partitionInput,
  }),
};
