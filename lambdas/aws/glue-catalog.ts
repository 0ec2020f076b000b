import {
  AlreadyExistsException,
  CreatePartitionCommand,
  EntityNotFoundException,
  GetPartitionCommand,
  GetTableCommand,
  type GlueClient,
  type StorageDescriptor,
  UpdatePartitionCommand,
} from '@aws-sdk/client-glue';
import type { Catalog } from '../lake/catalog.ts';

/** The tenant's Glue database. Partitions take the table's columns and formats and differ in their location. */
export function glueCatalog(client: GlueClient, database: string): Catalog {
  const locationOf = async (table: string, value: string) => {
    try {
      const { Partition } = await client.send(
        new GetPartitionCommand({ DatabaseName: database, TableName: table, PartitionValues: [value] }),
      );
      return Partition?.StorageDescriptor?.Location;
    } catch (error) {
      if (error instanceof EntityNotFoundException) return undefined;
      throw error;
    }
  };
  const descriptor = async (table: string, location: string): Promise<StorageDescriptor> => {
    const { Table } = await client.send(new GetTableCommand({ DatabaseName: database, Name: table }));
    return { ...Table?.StorageDescriptor, Location: location };
  };
  return {
    locationOf,
    async point(table, value, location) {
      const partition = { Values: [value], StorageDescriptor: await descriptor(table, location) };
      const where = { DatabaseName: database, TableName: table };
      try {
        await client.send(new CreatePartitionCommand({ ...where, PartitionInput: partition }));
      } catch (error) {
        if (!(error instanceof AlreadyExistsException)) throw error;
        await client.send(
          new UpdatePartitionCommand({ ...where, PartitionValueList: [value], PartitionInput: partition }),
        );
      }
    },
  };
}
