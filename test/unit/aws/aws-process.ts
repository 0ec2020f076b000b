import { startAws } from '../../../local/aws/embedded-aws.ts';

const [, , folder = ''] = process.argv;

const aws = await startAws({ folder });
aws.resources.bucket('lake');
aws.resources.key('ledger', 'ENCRYPT_DECRYPT');
aws.resources.queue('notices', {});
aws.catalog.createDatabase({ Name: 'lake' });
aws.catalog.createTable('lake', { Name: 'cdr', PartitionKeys: [{ Name: 'dt' }] });
await aws.resources.table({
  TableName: 'ledger',
  BillingMode: 'PAY_PER_REQUEST',
  KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
  AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
});
process.send?.(aws.url);
