import { z } from 'zod';
import { type Behaviour, type Change, changed } from '../behaviour.ts';
import { isKnownColumn } from '../data/columns.ts';
import { isZone } from '../data/local-time.ts';
import { actionScenarios } from './action-scenarios.ts';
import { analyticsScenarios } from './analytics-scenarios.ts';
import { dataScenarios } from './data-scenarios.ts';
import { faultScenarios } from './fault-scenarios.ts';
import { interactionScenarios } from './interaction-scenarios.ts';
import { jobScenarios } from './job-scenarios.ts';
import { reportScenarios } from './report-scenarios.ts';
import type { Parameter, Scenario } from './scenario.ts';
import { tokenScenarios } from './token-scenarios.ts';

/** Scenarios that more than one API shows. */
const shared = { ...jobScenarios, ...tokenScenarios, ...faultScenarios };

/** The scenarios of each API that shows some of its own: those that only it shows. */
export const scenariosOf = {
  dataDownload: dataScenarios,
  analytics: analyticsScenarios,
  interactions: interactionScenarios,
  reporting: reportScenarios,
  dataActions: actionScenarios,
} as const satisfies Readonly<Record<string, Readonly<Record<string, Scenario>>>>;

/** All scenarios, by name. */
export const scenarios: ReadonlyMap<string, Scenario> = new Map(
  [shared, ...Object.values(scenariosOf)].flatMap((table) => Object.entries<Scenario>(table)),
);

/** A scenario chosen by name, with what its parameter makes of it. */
export interface ChosenScenario {
  /** As it was written, for example `rows:2000`. */
  readonly text: string;
  readonly change: Change;
}

/** Scenarios that do not exist, have a wrong parameter, or do not go together: every problem, a line each. */
export class ScenarioRefused extends Error {
  override readonly name = 'ScenarioRefused';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

/**
 * Reads a comma-separated list such as `drift:1,bom,rows:2000`; spaces around names and empty entries do not count.
 * @throws ScenarioRefused naming every unknown name (with the known ones) and every wrong parameter.
 */
export function parseScenarios(text: string): ChosenScenario[] {
  const problems: string[] = [];
  const chosen = text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .flatMap((entry) => choose(entry, problems));
  if (problems.some((problem) => problem.startsWith('unknown'))) {
    problems.push(`known scenarios: ${[...scenarios.keys()].sort().join(', ')}`);
  }
  if (problems.length > 0) throw new ScenarioRefused(problems);
  return chosen;
}

/** A line for each scenario: its name, its parameter and its usual value, and a sentence. */
export function describeScenarios(): string {
  const head = ([name, { parameter }]: readonly [string, Scenario]) =>
    parameter === undefined ? name : `${name}[:${parameter.meaning}=${parameter.usual}]`;
  const width = Math.max(...[...scenarios].map((entry) => head(entry).length));
  return [...scenarios].map((entry) => `${head(entry).padEnd(width)}  ${entry[1].sentence}`).join('\n');
}

/**
 * A behaviour under scenarios.
 * @throws ScenarioRefused when they do not go together.
 */
export function under(behaviour: Behaviour, chosen: readonly ChosenScenario[]): Behaviour {
  try {
    return changed(
      behaviour,
      chosen.map((scenario) => scenario.change),
    );
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    throw new ScenarioRefused(error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`));
  }
}

function choose(entry: string, problems: string[]): ChosenScenario[] {
  const colon = entry.indexOf(':');
  const name = colon < 0 ? entry : entry.slice(0, colon);
  const value = colon < 0 ? undefined : entry.slice(colon + 1);
  const scenario = scenarios.get(name);
  if (scenario === undefined) {
    problems.push(`unknown scenario ${JSON.stringify(name)}`);
    return [];
  }
  const problem = value === undefined ? undefined : problemOf(scenario.parameter, value);
  if (problem !== undefined) {
    problems.push(`${name}: ${problem}`);
    return [];
  }
  const given = value ?? String(scenario.parameter?.usual ?? '');
  return [{ text: entry, change: scenario.change(Number(given), given) }];
}

function problemOf(parameter: Parameter | undefined, value: string): string | undefined {
  if (parameter === undefined) return `takes no parameter, but has ${JSON.stringify(value)}`;
  const found = `not ${JSON.stringify(value)}`;
  if (parameter.kind === 'text') {
    const fits =
      (parameter.meaning !== 'column' || isKnownColumn(value)) &&
      (parameter.meaning !== 'zone' || isZone(value));
    return value !== '' && fits ? undefined : `the ${parameter.meaning} has to be a known one, ${found}`;
  }
  if (parameter.most === 1) {
    const fits = /^(0(\.\d+)?|1)$/.test(value);
    return fits ? undefined : `the ${parameter.meaning} has to be a number from 0 to 1, ${found}`;
  }
  const fits = /^\d{1,8}$/.test(value) && Number(value) <= parameter.most;
  return fits
    ? undefined
    : `the number of ${parameter.meaning} has to be a whole number up to ${parameter.most}, ${found}`;
}
