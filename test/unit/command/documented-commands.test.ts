import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { understand } from '../../../local/command/program.ts';
import { recordedOutputs } from './recorded-output.ts';

const PROJECT = fileURLToPath(new URL('../../..', import.meta.url));

/** A command as a document has it. */
interface Documented {
  document: string;
  text: string;
}

const STARTS = /^(?:npm (?:run|start|test|ci)|npx|aws|cxone-export)\s\S|^npm (?:start|test|ci)$/;

/** Texts that begin like commands and are none: what digests and keys are bound to. */
const NO_COMMANDS = ['cxone-export audit 1', 'cxone-export archive key check'];

/** Commands in shell blocks and in code within sentences; of the latter only those that are whole commands. */
function commandsOf(document: string): Documented[] {
  const text = readFileSync(join(PROJECT, document), 'utf8');
  const blocks = [...text.matchAll(/^```sh\n([\s\S]*?)^```/gm)].flatMap(([, block = '']) =>
    block.replaceAll(/\\\n\s*/g, '').split('\n'),
  );
  const sentences = text.replaceAll(/^```[\s\S]*?^```/gm, '');
  const inline = [...sentences.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code.replaceAll('\n', ' '));
  return [...blocks, ...inline]
    .flatMap((line) => line.replace(/\s#\s.*$/, '').split(/\s(?:&&|\|)\s/))
    .map((command) => command.trim())
    .filter((command) => STARTS.test(command) && !NO_COMMANDS.includes(command))
    .map((command) => ({ document, text: command }));
}

const DOCUMENTS = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(PROJECT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];
const commands = DOCUMENTS.flatMap(commandsOf);

/** What stands for a place in a command, by its name: an argument has to be one that the command takes. */
const PLACES: Readonly<Record<string, string>> = {
  day: '2024-05-15',
  dataset: 'cdr',
  tenant: 'acme',
  pipeline: 'cdr-export',
};

/** The words of a command; what a document leaves open is filled in. */
function wordsOf(text: string): string[] {
  const filled = text
    .replaceAll(/[[\]]/g, '')
    .replaceAll(/<([^>]+)>/g, (_, name: string) => PLACES[name] ?? 'placeholder')
    .replaceAll('…', 'placeholder');
  return [...filled.matchAll(/"((?:\\.|[^"])*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, bare]) => double ?? single ?? bare ?? '',
  );
}

const { scripts } = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8')));

/** What our own command line says against it; nothing where it understands. */
async function refusal(words: string[]): Promise<string | undefined> {
  const outputs = recordedOutputs();
  try {
    const { action } = await understand(words, outputs);
    return action === undefined ? 'it asks for nothing' : undefined;
  } catch (error) {
    const said = error instanceof Error ? error.message : 'it throws something that is no error';
    // A sentence may name a command, or a group of commands, without what it takes.
    return /^\(outputHelp\)$|^error: missing required argument/.test(said) ? undefined : said;
  }
}

const Options = z.record(
  z.string(),
  z.looseObject({ alias: z.union([z.string(), z.array(z.string())]).optional() }),
);
const registry = z
  .object({
    globalOptions: Options,
    commands: z.record(z.string(), z.looseObject({ options: Options.optional() })),
  })
  .parse(
    JSON.parse(readFileSync(join(PROJECT, 'node_modules/aws-cdk/lib/cli/cli-type-registry.json'), 'utf8')),
  );

/** What CDK's list of its commands and options says against it. */
function cdkRefusal([name = '', ...words]: string[]): string | undefined {
  const command = registry.commands[name];
  if (command === undefined) return `cdk has no command ${name}`;
  const known = Object.entries({ ...registry.globalOptions, ...command.options }).flatMap(
    ([option, { alias }]) => [`--${option}`, ...[alias ?? []].flat().map((short) => `-${short}`)],
  );
  const unknown = words.filter((word) => /^--?[a-z]/.test(word) && !known.includes(word));
  return unknown.length === 0 ? undefined : `cdk ${name} has no ${unknown.join(', ')}`;
}

/** Clients by what the AWS command line calls their services. */
const CLIENTS: Readonly<Record<string, string>> = {
  secretsmanager: '@aws-sdk/client-secrets-manager',
  stepfunctions: '@aws-sdk/client-sfn',
};

/** Commands of services for which no client is installed here. */
const OTHER_AWS = ['iam create-policy', 'cloudformation delete-stack'];

/** What AWS's own client says against it. */
async function awsRefusal([service = '', operation = '']: string[]): Promise<string | undefined> {
  if (OTHER_AWS.includes(`${service} ${operation}`)) return undefined;
  const client = CLIENTS[service];
  if (client === undefined) return `the service ${service} is not known here`;
  const name = `${operation.replaceAll(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase())}Command`;
  const found: object = await import(client);
  return name in found ? undefined : `${client} has no ${name}`;
}

async function problemWith(text: string): Promise<string | undefined> {
  const [first = '', second = '', ...rest] = wordsOf(text);
  if (first === 'cxone-export') return refusal([second, ...rest].filter((word) => word !== ''));
  if (first === 'aws') return awsRefusal([second, ...rest]);
  if (first === 'npx') {
    if (second === 'cdk') return cdkRefusal(rest);
    return second === 'cxone-export' ? refusal(rest) : `${second} is not known here`;
  }
  if (second !== 'run') return undefined;
  const [script = '', ...words] = rest.filter((word) => word !== '--silent' && word !== '--');
  if (scripts[script] === undefined) return `there is no script ${script}`;
  if (script === 'cxone') return refusal(words);
  return script === 'simulator' ? refusal(['simulator', ...words]) : undefined;
}

describe('commands in the documents', () => {
  it('OPS-01 are found: of this app, of npm, of CDK and of AWS', () => {
    const kinds = new Set(commands.map(({ text }) => text.split(' ')[0]));

    expect([...kinds].toSorted()).toEqual(['aws', 'cxone-export', 'npm', 'npx']);
    expect(commands.length).toBeGreaterThan(50);
  });

  it.each(commands)('OPS-01 $document: $text', async ({ text }) => {
    expect(await problemWith(text)).toBeUndefined();
  });

  it.each([
    'npm run walk',
    'npm run cxone -- runs --fast',
    'npx cdk deploy --everything',
    'npx cdk walk',
    'aws stepfunctions walk',
    'cxone-export walk',
  ])('OPS-01 would be told if %s stood there', async (text) => {
    expect(await problemWith(text)).toBeDefined();
  });
});
