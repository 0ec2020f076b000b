import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ENVIRONMENTS, type FunctionName } from '../../lambdas/model/environment.ts';
import { TenantId } from '../../lambdas/model/ids.ts';
import { PipelineName } from '../../lambdas/model/pipelines.ts';
import type { Effect } from '../../local/aws/effects.ts';
import { actionOf, anHour, fieldsOf } from '../support/action-night.ts';
import { dueInteractions, expectArchived } from '../support/archive-night.ts';
import { expectInteractions, interactionTruth } from '../support/interaction-night.ts';
import { type Ended, type Night, prepareNights, seenBy, TENANT } from '../support/night.ts';
import { expectShown, truthOf } from '../support/night-expectations.ts';
import { keysUnder, rowsOf } from '../support/night-findings.ts';
import { expectReport, QUEUES, reportSettings, reportTruth, SKILLS } from '../support/report-night.ts';
import { allowedBy, within } from '../support/role-check.ts';
import { type Statement, statementsOfFunction } from '../template/synthesised.ts';

/** One tenant's name begins with the other's. */
const OTHER = TenantId.parse('acme-eu');
const TENANTS = [TENANT, OTHER];

const nights = await prepareNights({
  simulator: { rows: 60, parts: 2 },
  tenants: TENANTS,
  seeds: { [OTHER]: 'another contact center' },
  secrets: { [OTHER]: { clientId: 'other-client', clientSecret: 'other-secret-kept' } },
  pipelines: {
    analytics: { pageSize: 25, outputs: ['parquet', 'jsonl'] },
    archive: {},
    dataActions: {},
    reports: { reports: [reportSettings(SKILLS), reportSettings(QUEUES)] },
  },
});
afterAll(() => nights.close());

const effects: Effect[] = [];
let night: Night;
const seen = new Map<TenantId, Night>();
const ended: { tenant: TenantId; pipeline: PipelineName; run: Ended }[] = [];

/** Numbers of hours by which each tenant's action is moved. */
const HOURS = { [TENANT]: 1, [OTHER]: 2 };

beforeAll(async () => {
  night = await nights.open({
    scenarios: ['interactions:60', 'closed-interactions:6'],
    onEffect: (phase, effect) => {
      if (phase === 'before') effects.push(effect);
    },
  });
  for (const tenant of TENANTS) seen.set(tenant, seenBy(night, tenant, nights.others[tenant]));
  const started = TENANTS.flatMap((tenant) =>
    PipelineName.options.map(async (pipeline) => {
      const offsetMinutes = 60 * (HOURS[tenant] ?? 0);
      const input = pipeline === 'data-action-dates' ? { updates: [anHour(1, { offsetMinutes })] } : {};
      ended.push({ tenant, pipeline, run: await night.ended(await night.start(input, tenant, pipeline)) });
    }),
  );
  await Promise.all(started);
  for (const tenant of TENANTS) await night.operate({ status: {} }, tenant);
}, 300_000);

function viewOf(tenant: TenantId): Night {
  const view = seen.get(tenant);
  if (view === undefined) throw new Error(`${tenant} has no view.`);
  return view;
}

const FUNCTIONS = Object.keys(ENVIRONMENTS) as FunctionName[];

/** Effects by the functions that asked for them. */
function asked(): { effect: Effect; tenant: string; name: FunctionName }[] {
  const functions = new Map(
    night.platform.assembly.functions.map(({ name, entry, environment }) => [name, { entry, environment }]),
  );
  return effects.flatMap((effect) => {
    const found = functions.get(effect.caller ?? '');
    const name = FUNCTIONS.find((one) => found?.entry === `lambdas/handlers/${one}.ts`);
    return found === undefined || name === undefined
      ? []
      : [{ effect, tenant: found.environment.TENANT ?? '', name }];
  });
}

describe('ALL-15 two tenants, all pipelines of both at once, in one bucket and one ledger', () => {
  it('ALL-15 end well, every one', () => {
    const outcomes = ended.map(({ tenant, pipeline, run }) => [tenant, pipeline, run.status, run.cause]);

    expect(outcomes).toHaveLength(2 * PipelineName.options.length);
    expect(outcomes.filter(([, , status]) => status !== 'SUCCEEDED')).toEqual([]);
  });

  it.each(TENANTS)(
    'ALL-15 leave %s exactly its own calls, interactions, reports, archive and data actions',
    async (tenant) => {
      const view = viewOf(tenant);
      const day = view.day();

      await expectShown(view, await truthOf(view, day));
      await expectInteractions(view, day, interactionTruth(view, day));
      for (const dataset of [SKILLS, QUEUES])
        await expectReport(view, dataset, day, reportTruth(view, dataset, day));
      await expectArchived(view, dueInteractions(view));
      const hour = String(6 + (HOURS[tenant] ?? 0)).padStart(2, '0');
      expect(fieldsOf(view, 1)).toMatchObject({ computedValue: `2024-03-10T${hour}:30:00.000Z` });
      expect(view.violations()).toEqual([]);
    },
  );

  it('ALL-15 are of contact centers whose calls have the same ids and other content', async () => {
    const [one = [], other = []] = await Promise.all(
      TENANTS.map((tenant) => rowsOf(viewOf(tenant), night.day())),
    );
    const idsOf = (rows: typeof one) => rows.map(({ CallId }) => CallId);
    const textsOf = (rows: typeof one) => new Set(rows.map((row) => JSON.stringify(row)));

    expect(idsOf(one)).toEqual(idsOf(other));
    expect([...textsOf(one)].filter((row) => textsOf(other).has(row))).toEqual([]);
    expect(actionOf(viewOf(TENANT), 1).text).not.toBe(actionOf(viewOf(OTHER), 1).text);
  });

  it('ALL-15 let no function touch an item, an object, a table or a secret that is not of its own tenant', () => {
    const strange = asked().filter(({ effect: { service, resource }, tenant }) => {
      switch (service) {
        case 'dynamodb':
          return !within(resource).startsWith(`${tenant}#`);
        case 's3':
          return within(resource).split('/')[1] !== tenant;
        case 'glue':
          return resource.split('/')[0] !== `cxone_export_${tenant.replaceAll('-', '_')}`;
        case 'secretsmanager':
          return resource !== `cxone/${tenant}`;
        case 'stepfunctions':
          return !resource.includes(`:cxone-export-${tenant}-`);
        default:
          return false;
      }
    });

    expect(strange).toEqual([]);
    expect(new Set(asked().map(({ tenant }) => tenant))).toEqual(new Set(TENANTS));
  });

  it('ALL-15 OPS-02 have every function do only what its own role allows', () => {
    const statements = new Map<string, Statement[]>();
    const roleOf = (tenant: string, name: FunctionName) => {
      const known = statements.get(`${tenant} ${name}`) ?? statementsOfFunction(templateOf(tenant), name);
      statements.set(`${tenant} ${name}`, known);
      return known;
    };

    const refused = asked().filter(({ effect, tenant, name }) => !allowedBy(roleOf(tenant, name), effect));

    const told = refused.map(
      ({ effect: { service, operation, resource }, name }) => `${name}: ${service} ${operation} ${resource}`,
    );
    expect([...new Set(told)]).toEqual([]);
    expect(new Set(asked().map(({ name }) => name)).size).toBeGreaterThan(30);
  });

  it('ALL-15 call each its own contact center with its own client, and nobody else’s', () => {
    const simulators = [nights.simulator, nights.others[OTHER]];
    const clients = simulators.map((simulator) => new Set(simulator?.jobs.map(({ client }) => client)));

    expect(clients).toEqual([new Set(['acme-client']), new Set(['other-client'])]);
  });

  it('ALL-15 leave no object outside of a tenant’s prefix', async () => {
    const keys = await keysUnder(night, '');

    expect(keys.filter((key) => !TENANTS.some((tenant) => key.split('/')[1] === tenant))).toEqual([]);
    for (const tenant of TENANTS)
      expect(
        keys.some((key) => key.startsWith(`archive/${tenant}/`)),
        tenant,
      ).toBe(true);
  });
});

const templates = new Map<string, Template>();

function templateOf(tenant: string): Template {
  const file = join(nights.assemblyFolder, `cxone-export-${tenant}.template.json`);
  const known =
    templates.get(tenant) ??
    Template.fromJSON(z.record(z.string(), z.unknown()).parse(JSON.parse(readFileSync(file, 'utf8'))));
  templates.set(tenant, known);
  return known;
}
