import { z } from 'zod';
import { catalogueEntry } from '../../lambdas/model/error-catalogue.ts';
import type { HistoryEvent } from '../engine/history.ts';
import type { EngineView } from '../engine/view.ts';
import { openRuns } from './data-folder.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import type { Output, Outputs } from './output.ts';
import { findRun } from './run-names.ts';
import { textTable } from './text-table.ts';
import { counted, duration } from './wording.ts';

/** Characters of an input or output that are shown. */
const SHOWN_CHARACTERS = 120;

/** Shows a run state by state, its children after it. */
export function showRun(request: { data: string; run: string }, { out }: Outputs): ExitCode {
  const { view } = openRuns(request.data);
  const run = findRun(view, request.run);
  showExecution(view, run.executionArn, out);
  for (const mapRun of view.mapRuns(run.executionArn)) {
    const { succeeded, failed, total } = mapRun.executionCounts;
    out.line();
    out.line(
      out.paint(
        'bold',
        `Map Run ${mapRun.label}: ${mapRun.status}, ${succeeded} of ${total} succeeded, ${failed} failed`,
      ),
    );
    for (const child of view.children(mapRun.mapRunArn)) {
      out.line();
      showExecution(view, child.executionArn, out);
    }
  }
  return EXIT.done;
}

function showExecution(view: EngineView, arn: string, out: Output): void {
  const { name, status, startDate, stopDate, input, error, redriveCount, redriveStatus } = view.describe(arn);
  const took = stopDate === undefined ? '' : ` in ${duration(stopDate - startDate)}`;
  const redrives = redriveCount === 0 ? '' : `, redriven ${counted(redriveCount, 'time')}`;
  const style = status === 'SUCCEEDED' ? 'green' : status === 'RUNNING' ? 'yellow' : 'red';
  out.line(`${out.paint('bold', name)}  ${out.paint(style, status)}${took}${redrives}`);
  out.line(`  input ${shortened(input)}`);
  const columns = [
    { heading: 'id', numbers: true },
    { heading: 'time' },
    { heading: 'event' },
    { heading: 'what' },
  ];
  const rows = view
    .history(arn)
    .map((event) => [String(event.id), event.timestamp.slice(0, 23), event.type, whatOf(event)]);
  for (const line of textTable(columns, rows)) out.line(`  ${line}`);
  const entry = error === undefined ? undefined : catalogueEntry(error);
  if (entry !== undefined) out.line(`  ${error}: ${entry.meaning} ${entry.remedy}`);
  if (redriveStatus === 'REDRIVABLE')
    out.line(`  \`cxone-export redrive ${name}\` goes on where it stopped.`);
}

const Detail = z.object({
  name: z.string().optional(),
  input: z.string().optional(),
  output: z.string().optional(),
  resource: z.string().optional(),
  error: z.string().optional(),
  cause: z.string().optional(),
  length: z.number().optional(),
  index: z.number().optional(),
});

/** The details of an event in a few words: the state, then the error with its sentence, or what went in or came out. */
export function whatOf(event: HistoryEvent): string {
  const details = Object.entries(event).find(([field]) => field.endsWith('EventDetails'))?.[1];
  const { name, input, output, error, cause, resource, length, index } = Detail.catch({}).parse(
    details ?? {},
  );
  const words = [
    name,
    index === undefined ? undefined : `item ${index}`,
    length === undefined ? undefined : `${length} items`,
  ];
  if (error !== undefined || cause !== undefined)
    words.push(`${error ?? 'no error name'}: ${sentenceOf(cause ?? '')}`);
  else if (input !== undefined) words.push(shortened(input));
  else if (output !== undefined) words.push(shortened(output));
  else if (name === undefined) words.push(resource);
  return words.filter((word) => word !== undefined).join('  ');
}

/** A function's cause is JSON with the sentence in it. */
function sentenceOf(cause: string): string {
  try {
    return z.object({ errorMessage: z.string() }).parse(JSON.parse(cause)).errorMessage;
  } catch {
    return cause;
  }
}

function shortened(text: string): string {
  return text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS - 1)}…`;
}
