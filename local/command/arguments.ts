import { InvalidArgumentError } from 'commander';
import { Day } from '../../lambdas/model/days.ts';
import { DatasetId, TenantId } from '../../lambdas/model/ids.ts';
import { type PipelineName, PipelineName as PipelineNames } from '../../lambdas/model/pipelines.ts';
import { shellWord } from './wording.ts';

/** A pipeline's name, as a word of a command line. Throws commander's `InvalidArgumentError`. */
export function pipelineName(text: string): PipelineName {
  const name = PipelineNames.safeParse(text);
  if (name.success) return name.data;
  throw new InvalidArgumentError(
    `There is no pipeline ${shellWord(text)}; there is ${PipelineNames.options.join(', ')}.`,
  );
}

/** A tenant's id, as a word of a command line. Throws commander's `InvalidArgumentError`. */
export function tenantId(text: string): TenantId {
  const id = TenantId.safeParse(text);
  if (id.success) return id.data;
  throw new InvalidArgumentError('A tenant is 2 to 32 lower-case letters, digits or hyphens.');
}

/** A dataset's id, as a word of a command line. Throws commander's `InvalidArgumentError`. */
export function datasetId(text: string): DatasetId {
  const id = DatasetId.safeParse(text);
  if (id.success) return id.data;
  throw new InvalidArgumentError('A dataset is 2 to 48 lower-case letters, digits or underscores.');
}

/** A day of the calendar, as a word of a command line. Throws commander's `InvalidArgumentError`. */
export function utcDay(text: string): Day {
  const day = Day.safeParse(text);
  if (day.success) return day.data;
  throw new InvalidArgumentError('A window is a day of the calendar, such as 2024-05-15.');
}

/** The number of a port, as a word of a command line. Throws commander's `InvalidArgumentError`. */
export function port(text: string): number {
  const number = Number(text);
  if (/^\d{1,5}$/.test(text) && number <= 65_535) return number;
  throw new InvalidArgumentError('A port is a whole number from 0 to 65535.');
}
