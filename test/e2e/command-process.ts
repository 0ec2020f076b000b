import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  accessTokenMark,
  refreshTokenMark,
  type Simulator,
  startSimulator,
} from '../../local/cxone/index.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const COMMAND = join(PROJECT, 'bin', 'cxone-export.ts');

export const CREDENTIALS = { clientId: 'night-client', clientSecret: 'never-to-be-shown-4711' };
const SECRETS: readonly string[] = [
  CREDENTIALS.clientSecret,
  accessTokenMark,
  refreshTokenMark,
  'simulator-secret',
];

/** What a command printed and how it ended. */
export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A command under way. */
export interface Running {
  child: ChildProcess;
  ended: Promise<Ended>;
}

/** Starts the command line as a process of its own, without a terminal. */
export function start(...words: string[]): Running {
  const child = spawn(process.execPath, [COMMAND, ...words], {
    cwd: PROJECT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const read = async (stream: NodeJS.ReadableStream) => {
    let text = '';
    for await (const chunk of stream) text += String(chunk);
    return text;
  };
  const ended = Promise.all([read(child.stdout), read(child.stderr), once(child, 'close')]).then(
    ([stdout, stderr, [code]]): Ended => {
      for (const secret of SECRETS)
        if (`${stdout}${stderr}`.includes(secret))
          throw new Error(`a secret was printed by ${words.join(' ')}`);
      return { code: typeof code === 'number' ? code : null, stdout, stderr };
    },
  );
  return { child, ended };
}

/** Runs the command line to its end. Throws where it prints a secret or a token. */
export function command(...words: string[]): Promise<Ended> {
  return start(...words).ended;
}

/** A folder with a configuration and a secrets file for a simulator of its own. */
export interface Site extends AsyncDisposable {
  folder: string;
  data: string;
  simulator: Simulator;
  /** `--config … --secrets … --data …`. */
  options: string[];
}

/** Opens a site whose simulator shows the scenarios. */
export async function openSite(
  scenarios: readonly string[],
  onCall: (kind: string | undefined) => void = () => undefined,
): Promise<Site> {
  const simulator = await startSimulator({
    scenarios,
    credentials: [CREDENTIALS],
    onCall: ({ kind }) => onCall(kind),
  });
  const folder = openFolder();
  const config = writeConfiguration(folder, {
    tenants: [{ id: 'acme', secret: 'cxone/acme', baseUrl: simulator.url }],
  });
  const secrets = join(folder, 'secrets.json');
  writeFileSync(secrets, JSON.stringify({ 'cxone/acme': CREDENTIALS }));
  const data = join(folder, 'data');
  return {
    folder,
    data,
    simulator,
    options: ['--config', config, '--secrets', secrets, '--data', data],
    async [Symbol.asyncDispose]() {
      await simulator.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A new folder with the mappings in it. */
export function openFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'cxone-command-'));
  mkdirSync(join(folder, 'mappings'));
  cpSync(join(PROJECT, 'config', 'mappings'), join(folder, 'mappings'), { recursive: true });
  return folder;
}

/** Writes a configuration into a folder; gives its path. */
export function writeConfiguration(folder: string, configuration: unknown): string {
  const file = join(folder, 'config.json');
  writeFileSync(file, JSON.stringify(configuration));
  return file;
}
