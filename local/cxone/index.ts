export {
  accessTokenMark,
  type Credentials,
  fingerprint,
  refreshTokenMark,
  usualCredentials,
} from './access.ts';
export type { LoggedCall, Violation } from './call-log.ts';
export { usualColumns } from './data/columns.ts';
export { digestRows, type ExpectedDay, type ExpectedRow } from './data/expectation.ts';
export type { ExpectedInteractions } from './data/interactions/expectation.ts';
export { interactionColumns } from './data/interactions/record.ts';
export type { ReportRecord } from './data/report-records.ts';
export type { SimulatedAction } from './families/data-actions.ts';
export type { SimulatedInteraction } from './families/interactions.ts';
export type { SimulatorOptions } from './options.ts';
export { describeScenarios, parseScenarios, ScenarioRefused } from './scenarios/table.ts';
export type { Asked, AskedReport } from './simulation.ts';
export { type SimulatedExport, type SimulatedJob, type Simulator, startSimulator } from './simulator.ts';
