import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Html, html } from '../../../../lambdas/delivery/page/html.ts';
import { indexPage } from '../../../../lambdas/delivery/page/index-page.ts';
import { runPage } from '../../../../lambdas/delivery/page/run-page.ts';
import { Day } from '../../../../lambdas/model/days.ts';
import { DatasetId, TenantId } from '../../../../lambdas/model/ids.ts';
import { recordOf } from '../../../support/run-record.ts';

const PLACE = { bucket: 'lake-bucket', recordKey: 'runs/acme/cdr-export/9f1c.json' };

describe('the page of a run', () => {
  it('ALL-11 says the outcome before anything else, then the error and what to do', () => {
    const text = runPage(recordOf('FAILED', [['2024-05-14', 'failed']]), PLACE);

    const places = ['FAILED', 'WindowsFailed', 'What to do:', 'Rows in', 'Windows</h2>', 'How it went'].map(
      (words) => text.indexOf(words, text.indexOf('<main>')),
    );

    expect(places.every((place) => place > 0)).toBe(true);
    expect(places).toEqual(places.toSorted((left, right) => left - right));
  });

  it('ALL-11 lists what failed before what was committed', () => {
    const text = runPage(
      recordOf('FAILED', [
        ['2024-05-13', 'committed'],
        ['2024-05-14', 'failed'],
      ]),
      PLACE,
    );
    const rows = text.slice(text.indexOf('<tbody>'), text.indexOf('</tbody>'));

    expect(rows.indexOf('2024-05-14')).toBeLessThan(rows.indexOf('2024-05-13'));
    expect(rows).toContain('RejectsAboveThreshold');
  });

  it('ALL-11 asks for nothing: no script, no picture, no style from elsewhere', () => {
    const text = runPage(recordOf('SUCCEEDED', [['2024-05-15', 'committed']]), PLACE);

    expect(text).not.toMatch(/<(script|img|link|iframe|object|embed)\b/i);
    expect(text).not.toMatch(/@import|url\(/i);
    expect(text).toContain("default-src 'none'");
  });

  it('ALL-11 shows the words of a record as words, whatever is in them', () => {
    const text = runPage(recordOf('FAILED', [['2024-05-14', 'failed']]), PLACE);

    expect(text).not.toContain('<script>');
    expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  });

  it('ALL-11 links to the execution and to the record', () => {
    const text = runPage(recordOf('SUCCEEDED', [['2024-05-15', 'committed']]), PLACE);

    expect(text).toContain('https://eu-west-1.console.aws.amazon.com/states/home?region=eu-west-1');
    expect(text).toContain(encodeURIComponent(PLACE.recordKey));
  });

  it('ALL-11 tells why rows were rejected, by reason and column, and where the first of them is', () => {
    const text = runPage(recordOf('SUCCEEDED', [['2024-05-15', 'committed']]), PLACE);
    const section = text.slice(text.indexOf('<h2>Rejects</h2>'));

    expect(section).toMatch(/a value does not fit its type.*Duration.*7.*part 2, line 1204/s);
    expect(section).toMatch(/more or fewer fields than the header.*3.*part 3, line 17/s);
    expect(runPage(recordOf('SUCCEEDED', []), PLACE)).not.toContain('<h2>Rejects</h2>');
  });

  it('OPS-07 names the windows that are pinned, and how many more', () => {
    const record = recordOf('SUCCEEDED', [['2024-05-15', 'committed']]);
    const pinned = Array.from({ length: 12 }, (_, index) => ({
      dataset: DatasetId.parse('cdr'),
      day: Day.parse(`2024-04-${index + 10}`),
    }));

    const text = runPage({ ...record, pinned }, PLACE);

    expect(text).toContain('cdr 2024-04-10, cdr 2024-04-11');
    expect(text).toContain('cdr 2024-04-19 and 2 more windows.');
    expect(runPage(record, PLACE)).not.toContain('Pinned');
  });

  it('REP-06 names what of a window is not as its mapping says', () => {
    const record = recordOf('SUCCEEDED', [['2024-05-15', 'committed']]);
    const drift = { new: ['metric.added'], missing: [], retyped: ['active'], empty: ['comment'] };
    const [window] = record.windows;
    const drifted = window === undefined ? [] : [{ ...window, drift }];

    const [told, counted] = [runPage({ ...record, windows: drifted }, PLACE), runPage(record, PLACE)];

    expect(told).toContain('new: metric.added; of another kind: active');
    expect(told).not.toContain('comment');
    expect(counted).toContain('2 columns not as the mapping says');
  });
});

describe('the index of runs', () => {
  it('ALL-11 links each run’s page beside it', () => {
    const { run, pipeline, outcome, startedAt, milliseconds } = recordOf('SUCCEEDED', []);
    const listed = {
      run,
      pipeline,
      outcome,
      startedAt,
      milliseconds,
      error: '',
      rowsOut: 5,
      windows: 1,
      failed: 0,
      done: 1,
      calls: 12,
      costUsd: 0.003,
      nightly: true,
    };

    const text = indexPage(TenantId.parse('acme'), [{ ...listed, recordKey: PLACE.recordKey }]);

    expect(text).toContain('href="cdr-export/9f1c.html"');
    expect(text).toContain('All of them succeeded');
  });
});

describe('a template of HTML', () => {
  it('never lets a text begin a tag or end an attribute', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const made = html`<p title="${text}">${text}</p>`.text;

        expect(made.match(/[<>]/g)).toHaveLength(4);
        expect(made.match(/"/g)).toHaveLength(2);
      }),
    );
  });

  it('leaves HTML as it is, also in lists', () => {
    expect(html`${[new Html('<b>'), undefined, 1, '<']}`.text).toBe('<b>1&lt;');
  });
});
