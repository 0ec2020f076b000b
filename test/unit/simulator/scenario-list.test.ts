import { describe, expect, it } from 'vitest';
import {
  describeScenarios,
  parseScenarios,
  ScenarioRefused,
  startSimulator,
} from '../../../local/cxone/index.ts';
import { scenarios, scenariosOf } from '../../../local/cxone/scenarios/table.ts';
import { day, open, submission } from './simulator-client.ts';

function refusalOf(text: string): readonly string[] {
  try {
    parseScenarios(text);
    return [];
  } catch (error) {
    return error instanceof ScenarioRefused ? error.problems : [String(error)];
  }
}

describe('the list of scenarios', () => {
  it('is read with parameters, spaces and empty entries', () => {
    const chosen = parseScenarios(' bom, rows:2000,,fault-rate:0.25 ,missing-column:Duration');

    const changes = chosen.map(({ text, change }) => [text, change]);

    expect(changes).toEqual([
      ['bom', { layout: { bom: true } }],
      ['rows:2000', { day: { rows: 2000 } }],
      ['fault-rate:0.25', { limits: { faultRate: 0.25 } }],
      ['missing-column:Duration', { layout: { missingColumn: 'Duration' } }],
    ]);
  });

  it('takes the usual value where no parameter is given', () => {
    const chosen = parseScenarios('drift');

    const changes = chosen.map(({ change }) => change);

    expect(changes).toEqual([{ day: { unknownColumns: 2 } }]);
  });

  it('refuses unknown names and wrong parameters, all at once, listing the known names', () => {
    const problems = refusalOf(
      'bommm,bom:1,rows:-1,rows:1.5,drift:101,fault-rate:2,missing-column:Mood,rows:',
    );

    const known = problems.at(-1);

    expect(problems.slice(0, -1)).toEqual([
      'unknown scenario "bommm"',
      'bom: takes no parameter, but has "1"',
      'rows: the number of calls has to be a whole number up to 99999999, not "-1"',
      'rows: the number of calls has to be a whole number up to 99999999, not "1.5"',
      'drift: the number of columns has to be a whole number up to 100, not "101"',
      'fault-rate: the share of calls has to be a number from 0 to 1, not "2"',
      'missing-column: the column has to be a known one, not "Mood"',
      'rows: the number of calls has to be a whole number up to 99999999, not ""',
    ]);
    expect(known).toBe(`known scenarios: ${[...scenarios.keys()].sort().join(', ')}`);
  });

  it('does not take names that every object has', () => {
    const problems = refusalOf('constructor');

    expect(problems[0]).toBe('unknown scenario "constructor"');
  });

  it('refuses scenarios that do not go together, at the start and later', async () => {
    const { simulator } = await open({ rows: 10, scenarios: ['bom'] });

    const start = startSimulator({ scenarios: ['rows:0', 'duplicates'] });
    const byDay = startSimulator({ duplicates: 1, scenariosByDay: { [day]: ['rows:0'] } });
    const use = () => simulator.use(['rows:0', 'superseded']);

    await expect(start).rejects.toThrow(ScenarioRefused);
    await expect(byDay).rejects.toThrow(ScenarioRefused);
    expect(use).toThrow('rows: duplicates and superseded lines need at least one row to belong to');
    expect((await simulator.expectedDay(day)).rows).toBe(10);
  });

  it('describes every scenario in a line', () => {
    const lines = describeScenarios().split('\n');

    const names = lines.map((line) => /^[a-z0-9-]+/.exec(line)?.[0]);

    expect(names).toEqual([...scenarios.keys()]);
    expect(lines).toContainEqual(expect.stringMatching(/^drift\[:columns=2\] +Columns appended/));
    expect(lines.every((line) => line.endsWith('.'))).toBe(true);
  });

  it('has every name of an API once', () => {
    const names = Object.values(scenariosOf).flatMap((table) => Object.keys(table));

    const repeated = names.filter((name, index) => names.indexOf(name) !== index);

    expect(repeated).toEqual([]);
  });

  it('combines scenarios', async () => {
    const { client } = await open({ rows: 30, scenarios: ['bom', 'crlf', 'drift:1', 'files-out-of-order'] });

    const job = await client.finished();

    const [part = Buffer.alloc(0)] = await client.parts(job);
    expect(job.files?.[0]?.fileName).toBe('cdr_export_20240515_part003.csv');
    expect(part.toString()).toMatch(/^\uFEFFCallId,.*,AddedColumn1\r\n/);
  });

  it('holds for single days where so chosen: their data, jobs and calls', async () => {
    const bad = ['job-always-failed', 'rows:7', 'throttle-silent:1'];
    const { client, simulator } = await open({ rows: 30, scenariosByDay: { '2024-05-14': bad } });
    await client.authorise();
    const other = { fromDate: '2024-05-14T00:00:00.000Z', toDate: '2024-05-14T23:59:59.999Z' };

    const good = await client.finished();
    const throttled = await client.submitReply(submission(other));
    const failed = await client.submit(other);

    const told = [await client.statusReply(failed), await client.wait(60).statusReply(failed)];
    expect([good.status, good.recordCount, throttled.status]).toEqual(['COMPLETED', 30, 429]);
    expect(told.map((reply) => reply.status)).toEqual([429, 200]);
    expect(told[1]?.text).toContain('FAILED');
    expect((await simulator.expectedDay('2024-05-14')).rows).toBe(7);
  });
});
