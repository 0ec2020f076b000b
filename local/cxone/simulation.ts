import { z } from 'zod';
import { Access } from './access.ts';
import { type Behaviour, usualBehaviour } from './behaviour.ts';
import type { LoggedCall } from './call-log.ts';
import { SimulatedClock } from './clock.ts';
import { usualColumns } from './data/columns.ts';
import { interactionColumns } from './data/interactions/record.ts';
import type { Filter, InteractionExport } from './data/interactions/settings.ts';
import { type ReportRecord, reportRecords } from './data/report-records.ts';
import type { Export, Filters } from './data/settings.ts';
import type { Exchange, Route } from './exchange.ts';
import type { Analytics } from './families/analytics.ts';
import type { SimulatedDataActions } from './families/data-actions.ts';
import type { DataDownload } from './families/data-download.ts';
import { createFamilies } from './families/families.ts';
import type { Family } from './families/family.ts';
import type { Interactions } from './families/interactions.ts';
import { type DueFault, FaultBook } from './faults.ts';
import { handle, type Outcome } from './gateway.ts';
import type { SettledOptions } from './options.ts';
import { type ChosenScenario, parseScenarios, under } from './scenarios/table.ts';
import { Watch } from './watch.ts';

/** What an expectation is about; by default the ten usual columns as CSV without filters. */
export interface Asked {
  readonly columns?: readonly string[];
  readonly format?: 'csv' | 'json';
  readonly filters?: Filters;
}

/** What an expectation of interactions is about; by default all fields without filters. */
export interface AskedInteractions {
  readonly columns?: readonly string[];
  readonly filters?: Filter;
}

/** Which report an expectation is about; by default with hourly intervals. */
export interface AskedReport {
  readonly reportId: string;
  readonly interval?: 'hourly' | 'daily';
}

/** One simulated CXone, without its listeners: what scenarios make of it, and the families behind one gateway. */
export class Simulation {
  readonly calls: LoggedCall[] = [];
  readonly clock: SimulatedClock;
  readonly access: Access;
  readonly watch: Watch;
  readonly families: readonly Family[];
  readonly download: DataDownload;
  readonly analytics: Analytics;
  readonly interactions: Interactions;
  readonly actions: SimulatedDataActions;
  /** Origins of the two listeners, set once they listen. */
  readonly origins = { api: '', foreign: '' };
  readonly #seed: string;
  readonly #usual: Behaviour;
  readonly #byDay: ReadonlyMap<string, readonly ChosenScenario[]>;
  #behaviour: Behaviour;
  #faults: FaultBook;
  #faultsByDay: ReadonlyMap<string, FaultBook>;

  /** @throws ScenarioRefused for scenarios that do not exist or do not go together. */
  constructor(options: SettledOptions) {
    this.#seed = options.seed;
    this.#usual = under(usualBehaviour, [{ text: 'options', change: { day: options.day } }]);
    this.#byDay = new Map(
      Object.entries(options.scenariosByDay).map(([day, texts]) => [day, parseScenarios(texts.join(','))]),
    );
    this.#behaviour = this.#checked(options.scenarios);
    this.#faults = this.#book(this.#behaviour);
    this.#faultsByDay = this.#booksByDay();
    this.clock = new SimulatedClock(options.clock);
    this.access = new Access(this.#behaviour.token, options.credentials);
    this.watch = new Watch(this.#behaviour.limits);
    const families = createFamilies({
      seed: options.seed,
      access: this.access,
      watch: this.watch,
      behaviour: (day) => this.behaviour(day),
      url: () => this.origins.api,
      downloadUrl: () => this.origins.foreign,
    });
    this.families = families.all;
    this.download = families.download;
    this.analytics = families.analytics;
    this.interactions = families.interactions;
    this.actions = families.actions;
  }

  /** The behaviour now, for a UTC day where one is given. */
  behaviour(day?: string): Behaviour {
    return under(this.#behaviour, this.#byDay.get(day ?? '') ?? []);
  }

  /**
   * Replaces the scenarios.
   * @throws ScenarioRefused and changes nothing.
   */
  use(texts: readonly string[]): void {
    this.#behaviour = this.#checked(texts);
    this.#faults = this.#book(this.#behaviour);
    this.#faultsByDay = this.#booksByDay();
    this.access.change(this.#behaviour.token);
    this.watch.forgive(this.#behaviour.limits);
    for (const family of this.families) family.scenarioChanged();
  }

  /** Takes a call to its family. */
  handle(route: Route, exchange: Exchange, call: LoggedCall): Promise<Outcome> {
    const faults = (found: Route, day: string | undefined) => this.#dueFault(found, day);
    return handle({ access: this.access, watch: this.watch, faults }, route, exchange, call);
  }

  /**
   * The export of a day as it would be made now.
   * @throws ZodError for a day that is no date.
   */
  exportOf(day: string, asked: Asked): Export {
    const { day: settings, layout } = this.behaviour(z.iso.date().parse(day));
    return {
      seed: this.#seed,
      day,
      settings,
      layout,
      format: asked.format ?? 'csv',
      columns: asked.columns ?? usualColumns,
      filters: asked.filters ?? {},
    };
  }

  /**
   * The analytics export of a day as it would be made now.
   * @throws ZodError for a day that is no date.
   */
  interactionsOf(
    day: string,
    { columns = interactionColumns, filters }: AskedInteractions,
  ): InteractionExport {
    const from = z.iso.date().parse(day);
    const settings = (one: string) => this.behaviour(one).analytics;
    return { seed: this.#seed, from, days: 1, columns, filters, settings };
  }

  /**
   * The rows of a day of a report as they would be given now.
   * @throws ZodError for a day that is no date.
   */
  reportOf(day: string, { reportId, interval = 'hourly' }: AskedReport): readonly ReportRecord[] {
    const from = Date.parse(`${z.iso.date().parse(day)}T00:00:00.000Z`);
    const query = { seed: this.#seed, reportId, from, to: from + 86_400_000, interval, timezone: 'UTC' };
    return reportRecords(query, this.behaviour(day).report.data);
  }

  #dueFault(route: Route, day: string | undefined): DueFault | undefined {
    return this.#faultsByDay.get(day ?? '')?.next(route.kind) ?? this.#faults.next(route.kind);
  }

  #checked(texts: readonly string[]): Behaviour {
    const behaviour = under(this.#usual, parseScenarios(texts.join(',')));
    for (const further of this.#byDay.values()) under(behaviour, further);
    return behaviour;
  }

  #booksByDay(): ReadonlyMap<string, FaultBook> {
    return new Map(
      [...this.#byDay].map(([day, further]) => [day, this.#book(under(usualBehaviour, further), day)]),
    );
  }

  #book({ faults, limits }: Behaviour, day = ''): FaultBook {
    return new FaultBook(faults, limits.faultRate, `${this.#seed} ${day}`);
  }
}
