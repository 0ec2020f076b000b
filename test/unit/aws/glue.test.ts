import {
  BatchCreatePartitionCommand,
  CreateDatabaseCommand,
  CreatePartitionCommand,
  CreateTableCommand,
  DeletePartitionCommand,
  GetDatabaseCommand,
  GetPartitionCommand,
  GetPartitionsCommand,
  GetTableCommand,
  GetTablesCommand,
  GlueClient,
  UpdatePartitionCommand,
  UpdateTableCommand,
} from '@aws-sdk/client-glue';
import { describe, expect, it } from 'vitest';
import { embeddedAws } from './embedded.ts';

const { client } = await embeddedAws();
const glue = new GlueClient(client);
const DatabaseName = 'lake_acme';
const table = { DatabaseName, TableName: 'cdr' };
const location = (generation: string) => ({ Location: `s3://lake/lake/acme/cdr/gen=${generation}/` });

await glue.send(new CreateDatabaseCommand({ DatabaseInput: { Name: DatabaseName } }));
await glue.send(
  new CreateTableCommand({
    DatabaseName,
    TableInput: {
      Name: 'cdr',
      TableType: 'EXTERNAL_TABLE',
      PartitionKeys: [{ Name: 'dt', Type: 'date' }],
      StorageDescriptor: { Columns: [{ Name: 'contact_id', Type: 'string' }], ...location('0') },
    },
  }),
);

const partition = (day: string, generation: string) => ({
  Values: [day],
  StorageDescriptor: location(generation),
  Parameters: { generation },
});

describe('ALL-04 embedded Glue', () => {
  it('gives databases and tables back as they were made and changed', async () => {
    const TableInput = {
      Name: 'CDR',
      PartitionKeys: [{ Name: 'dt', Type: 'date' }],
      Parameters: { mapping: '2' },
    };
    await glue.send(new UpdateTableCommand({ DatabaseName, TableInput }));

    const { Database } = await glue.send(new GetDatabaseCommand({ Name: DatabaseName }));
    const { Table } = await glue.send(new GetTableCommand({ DatabaseName, Name: 'cdr' }));

    expect(Database?.Name).toBe(DatabaseName);
    expect(Table).toMatchObject({
      Name: 'cdr',
      PartitionKeys: [{ Name: 'dt' }],
      Parameters: { mapping: '2' },
    });
  });

  it('points a partition at a generation and then at another', async () => {
    await glue.send(new CreatePartitionCommand({ ...table, PartitionInput: partition('2024-05-15', 'a') }));

    const PartitionInput = partition('2024-05-15', 'b');
    await glue.send(
      new UpdatePartitionCommand({ ...table, PartitionValueList: ['2024-05-15'], PartitionInput }),
    );

    const { Partition } = await glue.send(
      new GetPartitionCommand({ ...table, PartitionValues: ['2024-05-15'] }),
    );
    expect(Partition?.StorageDescriptor?.Location).toBe('s3://lake/lake/acme/cdr/gen=b/');
    expect(Partition?.Parameters).toEqual({ generation: 'b' });
  });

  it('lists partitions page by page and deletes them', async () => {
    const PartitionInputList = ['2023-01-02', '2023-01-01', '2023-01-03'].map((day) => partition(day, 'a'));
    await glue.send(new BatchCreatePartitionCommand({ ...table, PartitionInputList }));
    await glue.send(new DeletePartitionCommand({ ...table, PartitionValues: ['2023-01-02'] }));

    const first = await glue.send(new GetPartitionsCommand({ ...table, MaxResults: 1 }));
    const second = await glue.send(
      new GetPartitionsCommand({ ...table, MaxResults: 1, NextToken: first.NextToken }),
    );

    const days = [first, second].flatMap((page) => page.Partitions?.map((one) => one.Values) ?? []);
    expect(days).toEqual([['2023-01-01'], ['2023-01-03']]);
  });

  it('reports each partition that a batch could not make', async () => {
    await glue.send(new CreatePartitionCommand({ ...table, PartitionInput: partition('2022-01-01', 'a') }));

    const { Errors } = await glue.send(
      new BatchCreatePartitionCommand({
        ...table,
        PartitionInputList: [partition('2022-01-01', 'b'), partition('2022-01-02', 'b')],
      }),
    );

    expect(Errors?.map((one) => [one.PartitionValues, one.ErrorDetail?.ErrorCode])).toEqual([
      [['2022-01-01'], 'AlreadyExistsException'],
    ]);
  });

  it.each([
    [
      'an unknown database',
      () => glue.send(new GetDatabaseCommand({ Name: 'nobody' })),
      'EntityNotFoundException',
    ],
    [
      'an unknown table',
      () => glue.send(new GetTableCommand({ DatabaseName, Name: 'nobody' })),
      'EntityNotFoundException',
    ],
    [
      'an unknown partition',
      () => glue.send(new GetPartitionCommand({ ...table, PartitionValues: ['x'] })),
      'EntityNotFoundException',
    ],
    [
      'an update of an unknown partition',
      () =>
        glue.send(
          new UpdatePartitionCommand({
            ...table,
            PartitionValueList: ['x'],
            PartitionInput: partition('x', 'a'),
          }),
        ),
      'EntityNotFoundException',
    ],
    [
      'a second database of a name',
      () => glue.send(new CreateDatabaseCommand({ DatabaseInput: { Name: DatabaseName } })),
      'AlreadyExistsException',
    ],
    [
      'more values than partition keys',
      () => glue.send(new CreatePartitionCommand({ ...table, PartitionInput: { Values: ['a', 'b'] } })),
      'InvalidInputException',
    ],
    [
      'an expression',
      () => glue.send(new GetPartitionsCommand({ ...table, Expression: "dt > '2024'" })),
      'InvalidInputException',
    ],
    [
      'an unknown operation',
      () => glue.send(new GetTablesCommand({ DatabaseName })),
      'UnknownOperationException',
    ],
  ])('refuses %s', async (_case, send, expected) => {
    const sending = send();

    await expect(sending).rejects.toMatchObject({ name: expected });
  });
});
