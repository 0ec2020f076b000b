import { z } from 'zod';
import { defined, looseText, type ResourceReader } from './resources.ts';
import type { Bucket, GlueDatabase, GlueTable, Key, Secret, Table } from './types.ts';

/** Reads a bucket. */
export function readBucket(reader: ResourceReader): Bucket {
  const { ref: name, attributes } = reader.identity;
  return { ...reader.origin, name, arn: attributes.Arn ?? name };
}

const keySchema = z.array(z.object({ AttributeName: z.string(), KeyType: z.enum(['HASH', 'RANGE']) }));
const index = z.object({
  IndexName: z.string(),
  KeySchema: keySchema,
  Projection: z.record(z.string(), z.unknown()),
});
const tableProperties = z.object({
  KeySchema: keySchema,
  AttributeDefinitions: z.array(
    z.object({ AttributeName: z.string(), AttributeType: z.enum(['S', 'N', 'B']) }),
  ),
  GlobalSecondaryIndexes: z.array(index).optional(),
  LocalSecondaryIndexes: z.array(index).optional(),
  TimeToLiveSpecification: z.object({ AttributeName: z.string().optional() }).optional(),
});

/** Reads a table; capacity is on demand here, whatever the template says. */
export function readTable(reader: ResourceReader): Table {
  const { TimeToLiveSpecification, ...schema } = reader.properties(tableProperties);
  const { ref: name, attributes } = reader.identity;
  return defined({
    ...reader.origin,
    name,
    arn: attributes.Arn ?? name,
    definition: { TableName: name, BillingMode: 'PAY_PER_REQUEST', ...schema },
    timeToLive: TimeToLiveSpecification?.AttributeName,
  });
}

const keyProperties = z.object({
  KeyUsage: z.enum(['ENCRYPT_DECRYPT', 'GENERATE_VERIFY_MAC']).default('ENCRYPT_DECRYPT'),
  KeySpec: z.enum(['SYMMETRIC_DEFAULT', 'HMAC_256']).default('SYMMETRIC_DEFAULT'),
  Description: z.string().default(''),
});
const aliasProperties = z.object({ AliasName: z.string(), TargetKeyId: z.string() });

/** Reads a key with its aliases; asymmetric keys are unresolvable here. */
export function readKey(reader: ResourceReader, aliases: readonly ResourceReader[]): Key {
  const { KeyUsage, Description } = reader.properties(keyProperties);
  const { ref: id, attributes } = reader.identity;
  const arn = attributes.Arn ?? id;
  const own = aliases
    .map((alias) => alias.properties(aliasProperties))
    .filter((alias) => [id, arn].includes(alias.TargetKeyId));
  return {
    ...reader.origin,
    id,
    arn,
    usage: KeyUsage,
    description: Description,
    aliases: own.map((alias) => alias.AliasName),
  };
}

const secretProperties = z.object({
  Name: z.string().optional(),
  Description: z.string().optional(),
  SecretString: z.string().optional(),
});

/** Reads a secret. A value that Secrets Manager would generate is left to whoever starts the platform. */
export function readSecret(reader: ResourceReader): Secret {
  const { Name, Description, SecretString } = reader.properties(secretProperties);
  const { ref: arn } = reader.identity;
  const generated = arn
    .split(':')
    .slice(6)
    .join(':')
    .replace(/-[0-9a-f]{6}$/, '');
  return defined({
    ...reader.origin,
    name: Name ?? generated,
    arn,
    description: Description,
    value: SecretString,
  });
}

const databaseProperties = z.object({ DatabaseInput: z.looseObject({ Name: looseText.optional() }) });
const tableInputProperties = z.object({
  DatabaseName: z.string(),
  TableInput: z.looseObject({ Name: looseText.optional() }),
});

/** Reads a Glue database. */
export function readDatabase(reader: ResourceReader): GlueDatabase {
  const { DatabaseInput } = reader.properties(databaseProperties);
  const name = reader.identity.ref;
  return { ...reader.origin, name, input: { ...DatabaseInput, Name: name } };
}

/** Reads a Glue table. */
export function readGlueTable(reader: ResourceReader): GlueTable {
  const { DatabaseName, TableInput } = reader.properties(tableInputProperties);
  const name = reader.identity.ref;
  return { ...reader.origin, database: DatabaseName, name, input: { ...TableInput, Name: name } };
}
