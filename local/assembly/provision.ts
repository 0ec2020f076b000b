import type { EmbeddedAws } from '../aws/embedded-aws.ts';
import { databaseInput, tableInput } from '../aws/glue-schemas.ts';
import type { Assembly, TopicSubscription } from './types.ts';

/** What was deployed here. */
export interface Provisioned {
  /** Subscriptions that the embedded platform cannot serve: whoever waits for them gets nothing. */
  undelivered: readonly TopicSubscription[];
}

/**
 * Makes what the assembly needs in the embedded services and is not there yet; what is there keeps its content. Tables
 * of the catalog are brought to the assembly's columns. Can be repeated, and goes on where it was killed.
 */
export async function provision(aws: EmbeddedAws, assembly: Assembly): Promise<Provisioned> {
  const { resources, secrets } = aws;
  for (const { id, usage, description, aliases } of assembly.keys) {
    resources.key(id, usage, description);
    for (const alias of aliases) resources.keyAlias(alias, id);
  }
  for (const { name, description, value } of assembly.secrets) {
    const secret = secrets.ensure(name, description);
    if (value !== undefined && secret.versions.length === 0) secrets.put(name, value);
  }
  for (const { name } of assembly.buckets) resources.bucket(name);
  for (const { definition } of assembly.tables) await resources.table(definition);
  for (const { name } of assembly.topics) resources.topic(name);
  for (const { name, attributes } of assembly.queues) resources.queue(name, attributes);
  const delivered = assembly.subscriptions.filter((subscription) => subscription.protocol === 'sqs');
  for (const { topicArn, endpoint, attributes } of delivered) {
    resources.subscription({ topicArn, queueArn: endpoint, attributes: { ...attributes } });
  }
  provisionCatalog(aws, assembly);
  return { undelivered: assembly.subscriptions.filter((subscription) => !delivered.includes(subscription)) };
}

function provisionCatalog({ catalog }: EmbeddedAws, assembly: Assembly): void {
  for (const { name, input } of assembly.databases) {
    if (!catalog.hasDatabase(name)) catalog.createDatabase(databaseInput.parse(input));
  }
  for (const { database, name, input } of assembly.glueTables) {
    const table = tableInput.parse(input);
    if (catalog.hasTable(database, name)) catalog.updateTable(database, table);
    else catalog.createTable(database, table);
  }
}
