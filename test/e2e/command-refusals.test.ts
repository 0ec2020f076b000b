import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import { clientsFor } from '../../lambdas/aws/clients.ts';
import { s3ObjectStore } from '../../lambdas/aws/s3-object-store.ts';
import { loadAssembly } from '../../local/assembly/assembly.ts';
import { startAws } from '../../local/aws/embedded-aws.ts';
import { openServer } from '../support/http-server.ts';
import { command, openSite, writeConfiguration } from './command-process.ts';

const SMALL = ['rows:300', 'parts:1'];

/** Everything that a data folder's ledger and lake hold. */
async function contentsOf(data: string): Promise<{ items: number; keys: string[] }> {
  const assembly = loadAssembly(join(data, 'cdk.out'));
  const aws = await startAws({ folder: data });
  const { dynamodb, s3 } = clientsFor(aws.environment);
  const client = DynamoDBDocumentClient.from(dynamodb);
  const [table] = assembly.tables;
  const { Count = 0 } = await client.send(new ScanCommand({ TableName: table?.name, Select: 'COUNT' }));
  const keys: string[] = [];
  for (const { name } of assembly.buckets)
    for await (const { key } of s3ObjectStore(s3, name).list('')) keys.push(key);
  await aws.close();
  return { items: Count, keys };
}

describe('what is refused ends with 2, every problem on its own line', () => {
  it('ALL-02 a wrong input: no call, nothing in the ledger, nothing in the lake but the record', async () => {
    await using site = await openSite(SMALL);

    const refused = await command(
      'run',
      'cdr-export',
      ...site.options,
      '--skip-waits',
      '--input',
      '{"date":"2023-02-30","x":1}',
    );
    const contents = await contentsOf(site.data);

    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/^InputRefused: /m);
    expect(refused.stderr).toMatch(/^ {2}date: found a string of 10 characters, must be .*$/m);
    expect(refused.stderr).toMatch(/^ {2}x: found a whole number, this key is not known.*$/m);
    expect(refused.stderr).toMatch(/^Next: Mend every problem/m);
    expect(site.simulator.calls).toEqual([]);
    // Its record has a place in the list of runs.
    expect(contents.items).toBe(1);
    expect(contents.keys.filter((key) => !key.startsWith('runs/'))).toEqual([]);
  });

  it('ALL-02 a pipeline that the tenant does not have, with what it has', async () => {
    await using site = await openSite(SMALL);

    const refused = await command('run', 'analytics-export', ...site.options, '--skip-waits');

    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('The tenant acme has no analytics-export');
    expect(refused.stderr).toMatch(/^Next: It has cdr-export/m);
    expect(site.simulator.calls).toEqual([]);
  });

  it('OPS-01 a wrong configuration, an input that is no JSON and a wrong secrets file, all at once; nothing is made', async () => {
    await using site = await openSite(SMALL);
    writeConfiguration(site.folder, {
      tenants: [{ id: 'A', secret: 'cxone/acme', baseUrl: 'ftp://x', pipelines: { cdr: { columns: [] } } }],
      typo: 1,
    });
    writeFileSync(
      join(site.folder, 'secrets.json'),
      JSON.stringify({ 'cxone/acme': { clientId: 'never-shown' } }),
    );

    const refused = await command('run', 'cdr-export', ...site.options, '--json', '--input', '{');

    expect(refused.code).toBe(2);
    for (const path of [
      '--input',
      'typo',
      'tenants[0].id',
      'tenants[0].baseUrl',
      'tenants[0].pipelines.cdr.columns',
    ])
      expect(refused.stderr).toContain(`${path}: found `);
    expect(refused.stderr).toContain('cxone/acme.clientSecret: found nothing');
    expect(refused.stderr).not.toContain('never-shown');
    expect(JSON.parse(refused.stdout)).toMatchObject({ outcome: 'REFUSED' });
    expect(existsSync(site.data)).toBe(false);
  });

  it('ALL-02 a missing secret, before anything is started', async () => {
    await using site = await openSite(SMALL);
    const withoutSecrets = site.options.toSpliced(2, 2);
    writeFileSync(join(site.folder, 'secrets.json'), '{}');

    const without = await command('run', 'cdr-export', ...withoutSecrets);
    const empty = await command('run', 'cdr-export', ...site.options);

    expect([without.code, empty.code]).toEqual([2, 2]);
    expect(without.stderr).toContain('The secret cxone/acme');
    expect(empty.stderr).toContain('has no cxone/acme');
    expect(existsSync(site.data)).toBe(false);
  });

  it('OPS-06 skipping waits towards anything but a simulator that takes our clock', async () => {
    await using site = await openSite(SMALL);
    const server = await openServer();
    server.answer((_, response) => response.writeHead(200).end('<html>not a simulator</html>'));
    writeConfiguration(site.folder, { tenants: [{ id: 'acme', secret: 'cxone/acme', baseUrl: server.url }] });

    const refused = await command('run', 'cdr-export', ...site.options, '--skip-waits');
    const asked = server.seen.map(({ method, path }) => `${method} ${path}`);
    await server.close();

    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/^Waits are not skipped towards http:\/\/127\.0\.0\.1:\d+: /m);
    expect(refused.stderr).toMatch(/^Next: .*--skip-waits=force/m);
    expect(asked).toEqual(['GET /simulator']);
    expect(existsSync(site.data)).toBe(false);
  });
});
