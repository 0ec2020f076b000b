import type { ListedRun } from '../../ledger/run-list.ts';
import type { TenantId } from '../../model/ids.ts';
import { amount, counted, duration } from '../wording.ts';
import { page, table } from './document.ts';
import { html } from './html.ts';

/** The last runs of a tenant as one self-contained page, the newest first, each with a link to its own page beside it. */
export function indexPage(tenant: TenantId, runs: readonly ListedRun[]): string {
  const failed = runs.filter(({ outcome }) => outcome !== 'SUCCEEDED').length;
  return page(`${tenant}: runs`, [
    html`<h1>Runs of ${tenant}</h1>
<p class="outcome ${failed === 0 ? 'good' : 'bad'}">${failed === 0 ? '✓ All of them succeeded' : `✗ ${counted(failed, 'run')} of ${amount(runs.length)} did not succeed`}</p>`,
    table(
      'The newest first; times are UTC',
      [
        { heading: 'Started' },
        { heading: 'Pipeline' },
        { heading: 'Outcome' },
        { heading: 'Took', numbers: true },
        { heading: 'Windows', numbers: true },
        { heading: 'Failed', numbers: true },
        { heading: 'Rows out', numbers: true },
        { heading: 'Error' },
      ],
      runs.map((run) => [
        html`<a href="${pageBeside(run)}">${run.startedAt.slice(0, 19).replace('T', ' ')}</a>`,
        run.pipeline,
        `${run.outcome === 'SUCCEEDED' ? '✓' : '✗'} ${run.outcome}`,
        duration(run.milliseconds),
        amount(run.windows),
        run.failed === 0 ? '' : amount(run.failed),
        amount(run.rowsOut),
        run.error,
      ]),
    ),
  ]);
}

/** A run's page as seen from the index, which lies one folder above: `cdr-export/<run>.html`. */
function pageBeside({ recordKey }: ListedRun): string {
  return recordKey
    .split('/')
    .slice(-2)
    .map((segment) => encodeURIComponent(segment))
    .join('/')
    .replace(/\.json$/, '.html');
}
