import { EventEmitter } from 'node:events';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FolderInUse } from '../../../local/aws/folder-lock.ts';
import { CommandRefused } from '../../../local/command/exit-codes.ts';
import { failureOf } from '../../../local/command/failures.ts';
import { onInterruption } from '../../../local/command/interruption.ts';
import { placeWords } from '../../../local/command/preparation.ts';
import { main } from '../../../local/command/program.ts';
import { recordedOutputs } from './recorded-output.ts';

const DEFAULTS = { config: 'config/example.json', data: '.cxone' };

describe('the command line', () => {
  it.each([
    ['no command', []],
    ['an unknown command', ['walk']],
    ['an unknown option', ['runs', '--fast']],
    ['an unknown pipeline', ['run', 'cdr']],
    ['a tenant that cannot be', ['run', 'cdr-export', '--tenant', 'A']],
    ['a port that cannot be', ['simulator', '--port', '70000']],
    ['a way to skip waits that is none', ['run', 'cdr-export', '--skip-waits=maybe']],
    ['a run that is not named', ['show']],
    ['an unknown scenario', ['simulator', '--port', '0', '--scenario', 'bogus']],
    ['a configuration that is not there', ['config', 'check', 'no-such-file.json']],
    ['a folder in which nothing was run', ['runs', '--data', 'no-such-folder']],
  ])('ends with 2 for %s and says so', async (_, words) => {
    const outputs = recordedOutputs();

    const code = await main(words, outputs);

    expect(code).toBe(2);
    expect(outputs.stderr).not.toBe('');
    expect(outputs.stdout).toBe('');
  });

  it('gives one JSON document for a refusal too', async () => {
    const outputs = recordedOutputs();

    const code = await main(['run', 'cdr-export', '--json', '--skip-waits'], outputs);

    expect(code).toBe(2);
    expect(JSON.parse(outputs.stdout)).toMatchObject({
      outcome: 'REFUSED',
      problems: [expect.stringMatching(/^The secret cxone-export\/acme, .* is missing: give --secrets FILE/)],
    });
  });

  it('ends with 0 for help and lists the commands', async () => {
    const outputs = recordedOutputs();

    const code = await main(['--help'], outputs);

    expect(code).toBe(0);
    for (const name of ['run', 'redrive', 'runs', 'show', 'files', 'query', 'simulator', 'config', 'demo'])
      expect(outputs.stdout).toMatch(new RegExp(`^ {2}${name} `, 'm'));
  });

  it('OPS-01 checks the example configuration', async () => {
    const outputs = recordedOutputs();

    const code = await main(['config', 'check', 'config/example.json'], outputs);

    expect(code).toBe(0);
    expect(outputs.stdout).toContain('no problems');
  });

  it('OPS-01 says of each pipeline of a configuration when it starts', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cxone-check-'));
    const file = join(folder, 'config.json');
    cpSync('config/mappings', join(folder, 'mappings'), { recursive: true });
    const pipelines = {
      cdr: { enabled: false },
      analytics: { schedule: { cron: '0 6 * * ? *', timezone: 'Europe/Berlin' } },
      dataActions: {},
      archive: { sealing: { mode: 'kms' } },
    };
    const tenant = { id: 'acme', secret: 'cxone/acme', baseUrl: 'https://api.example.com', pipelines };
    writeFileSync(file, JSON.stringify({ tenants: [tenant] }));
    const outputs = recordedOutputs();

    await main(['config', 'check', file], outputs);

    expect(outputs.stdout.match(/^ {4}.*$/gm)?.toSorted()).toEqual([
      '    analytics-export: at 0 6 * * ? * Europe/Berlin',
      '    cdr-export: on demand only',
      '    data-action-dates: on demand only',
      '    interaction-archive: at 0 5 * * ? * UTC',
    ]);
    rmSync(folder, { recursive: true });
  });

  it('finds nothing to query where nothing was run', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cxone-nothing-'));
    const outputs = recordedOutputs();

    const code = await main(['query', 'select 1', '--data', folder], outputs);

    expect(code).toBe(2);
    expect(outputs.stderr).toMatch(/^Nothing has been run in the folder .*\nNext: Run `npm start`/);
    rmSync(folder, { recursive: true });
  });
});

describe('failures', () => {
  it('takes a refusal for 2 and everything unforeseen for 1', () => {
    const errors = [
      new CommandRefused(['no']),
      new FolderInUse('.cxone'),
      new TypeError('x is undefined'),
      'thrown',
    ];

    const codes = errors.map((error) => failureOf(error).code);

    expect(codes).toEqual([2, 2, 1, 1]);
  });

  it('names the folder that cannot be written', () => {
    const error = Object.assign(new Error("ENOSPC: no space left on device, write '.cxone/x'"), {
      code: 'ENOSPC',
    });

    const { problems, next } = failureOf(error);

    expect(problems).toEqual(["ENOSPC: no space left on device, write '.cxone/x'."]);
    expect(next).toMatch(/disk has room/);
  });

  it('gives sentences', () => {
    const { problems } = failureOf(new TypeError('x is undefined'));

    expect(problems).toEqual(['TypeError: x is undefined.']);
  });
});

describe('the options of a place', () => {
  it('are repeated where they are not the defaults', () => {
    const place = {
      config: 'my config.json',
      secrets: 's.json',
      data: '.cxone',
      skipWaits: 'force' as const,
    };

    const words = [placeWords(place, DEFAULTS), placeWords({ ...DEFAULTS, skipWaits: 'no' }, DEFAULTS)];

    expect(words).toEqual([" --config 'my config.json' --secrets s.json --skip-waits=force", '']);
  });
});

describe('an interruption', () => {
  it('stops once, also where the signal comes twice at once, and not after the listening has ended', () => {
    const signals = new EventEmitter();
    let stops = 0;
    const endListening = onInterruption(() => {
      stops += 1;
    }, signals);

    signals.emit('SIGINT');
    signals.emit('SIGINT');
    endListening();
    const listeners = signals.listenerCount('SIGINT') + signals.listenerCount('SIGTERM');

    expect({ stops, listeners }).toEqual({ stops: 1, listeners: 0 });
  });
});
