import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { indexPage } from '../../lambdas/delivery/page/index-page.ts';
import { runPage } from '../../lambdas/delivery/page/run-page.ts';
import { Day, plusDays } from '../../lambdas/model/days.ts';
import { TenantId } from '../../lambdas/model/ids.ts';
import { recordOf } from '../support/run-record.ts';
import { findBrowser } from './browser.ts';

const executablePath = findBrowser() ?? '';

const Structure = z.strictObject({
  language: z.string(),
  title: z.string(),
  headings: z.array(z.number()),
  unnamed: z.number(),
  loose: z.number(),
});
const IN_PAGE = readFileSync(new URL('./in-page.js', import.meta.url), 'utf8');

/** Calls a function of in-page.js in the page. */
function inPage(page: Page, call: string): Promise<unknown> {
  return page.evaluate(`(() => { ${IN_PAGE}; return ${call}; })()`);
}

const PLACE = { bucket: 'lake-bucket', recordKey: 'runs/acme/cdr-export/9f1c.json' };
const first = Day.parse('2024-03-01');
const MANY = Array.from({ length: 60 }, (_, index) => [plusDays(first, index), 'committed'] as const);
const failed = recordOf('FAILED', [['2024-05-14', 'failed'], ...MANY]);
const listed = {
  run: failed.run,
  pipeline: failed.pipeline,
  startedAt: failed.startedAt,
  milliseconds: failed.milliseconds,
  rowsOut: 1_234_567,
  windows: 61,
  failed: 1,
  done: 60,
  calls: 700,
  costUsd: 0.2,
  recordKey: PLACE.recordKey,
  nightly: true,
};
const PAGES = {
  'a failed run': runPage(failed, PLACE),
  'a clean run': runPage(recordOf('SUCCEEDED', [['2024-05-15', 'committed']]), PLACE),
  'a run with nothing to do': runPage(recordOf('SUCCEEDED', []), PLACE),
  'the index': indexPage(TenantId.parse('acme'), [
    { ...listed, outcome: 'FAILED', error: 'WindowsFailed' },
    { ...listed, outcome: 'SUCCEEDED', error: '' },
  ]),
} as const;

const SCREENS = [
  ['a desktop in light', { width: 1280, height: 800 }, 'light'],
  ['a desktop in dark', { width: 1280, height: 800 }, 'dark'],
  ['a phone in light', { width: 360, height: 740 }, 'light'],
  ['a phone in dark', { width: 360, height: 740 }, 'dark'],
] as const;

let browser: Browser;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cxone-export-pages-'));
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
});
afterAll(async () => {
  await browser.close();
  await rm(folder, { recursive: true, force: true });
});

/** Opens a page from disk and notes every request that it makes. */
async function open(
  name: keyof typeof PAGES,
  viewport: { width: number; height: number },
  colorScheme: 'light' | 'dark',
): Promise<{ page: Page; requests: string[]; problems: string[] }> {
  const file = join(folder, `${name.replaceAll(' ', '-')}.html`);
  await writeFile(file, PAGES[name]);
  const context = await browser.newContext({ viewport, colorScheme });
  const page = await context.newPage();
  const requests: string[] = [];
  const problems: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  page.on('console', (message) => problems.push(message.text()));
  page.on('pageerror', (error) => problems.push(error.message));
  await page.goto(pathToFileURL(file).href);
  return { page, requests, problems };
}

describe.each(Object.keys(PAGES) as (keyof typeof PAGES)[])('the page of %s', (name) => {
  it.each(SCREENS)(
    'ALL-11 is whole on %s: nothing overlaps, nothing is cut, nothing is asked for',
    async (_, viewport, scheme) => {
      const { page, requests, problems } = await open(name, viewport, scheme);

      const found = await inPage(page, 'lookAt()');

      expect(requests).toHaveLength(1);
      expect(problems).toEqual([]);
      expect(found).toEqual({ wider: false, overlapping: [], cut: [], faint: [] });
      await page.context().close();
    },
  );

  it('ALL-11 can be read by keyboard: whatever scrolls or opens takes the focus, and shows it', async () => {
    const { page } = await open(name, { width: 360, height: 740 }, 'light');
    const expected = await page.locator('a[href], summary, [tabindex="0"]').filter({ visible: true }).count();

    const outlines: string[] = [];
    for (let step = 0; step < expected; step++) {
      await page.keyboard.press('Tab');
      outlines.push(String(await inPage(page, 'focusOutline()')));
    }

    expect(outlines).toEqual(outlines.map(() => 'solid'));
    await page.context().close();
  });

  it('ALL-11 has headings in order, a language, and names for tables and regions', async () => {
    const { page } = await open(name, { width: 1280, height: 800 }, 'light');

    const facts = Structure.parse(await inPage(page, 'structure()'));

    expect(facts.language).toBe('en');
    expect(facts.title).not.toBe('');
    expect(facts.headings[0]).toBe(1);
    expect(facts.headings.slice(1).every((level) => level === 2)).toBe(true);
    expect([facts.unnamed, facts.loose]).toEqual([0, 0]);
    await page.context().close();
  });
});
