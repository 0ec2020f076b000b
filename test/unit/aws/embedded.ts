import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { type EmbeddedAws, type StartAwsOptions, startAws } from '../../../local/aws/embedded-aws.ts';

const folders: string[] = [];
const started: EmbeddedAws[] = [];

afterAll(async () => {
  for (const aws of started) await aws.close();
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

/** A folder that is removed after the file's tests. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'embedded-aws-'));
  folders.push(folder);
  return folder;
}

/** Embedded services for one test file, and what its SDK clients are made with. */
export async function embeddedAws(options: Omit<StartAwsOptions, 'folder'> = {}): Promise<{
  aws: EmbeddedAws;
  folder: string;
  client: ReturnType<typeof clientOptions>;
}> {
  const folder = await temporaryFolder();
  const aws = await startAws({ folder, ...options });
  started.push(aws);
  return { aws, folder, client: clientOptions(aws) };
}

/** Options that point an SDK client at the services, without the process's environment. */
export function clientOptions(aws: EmbeddedAws) {
  return {
    endpoint: aws.url,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'embedded', secretAccessKey: 'embedded' },
    maxAttempts: 1,
  };
}
