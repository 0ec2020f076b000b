import { CATALOGUE, type CatalogueEntry } from '../lambdas/model/error-catalogue.ts';

const INTRODUCTION = `# Errors

Every error that a run can end with. The name is what Step Functions shows as \`Error\` of the execution, what the failure
notice begins with and what the run's record holds; the message behind it says which window, job or file, and ends with the
facts in brackets, CXone's request id among them where CXone answered.

"Who acts" says who can end the error. With *nobody* the pipeline goes on by itself: such an error is seen in a record only when
it repeated until the retries were used up. "Redrive" is the Step Functions console's *Redrive*, or \`npx cxone-export redrive <run>\`: it goes
on in the state that failed, for 14 days. After that the same input is started again; the ledger knows what is done.

This page is made from \`lambdas/model/error-catalogue.ts\` by \`node bin/write-errors.ts\`.
`;

/** The reference of all errors, as the Markdown text of docs/errors.md: ours first, then the platform's. */
export function errorReferenceText(): string {
  const entries: [string, CatalogueEntry][] = Object.entries(CATALOGUE);
  const ours = entries.filter(([name]) => !name.includes('.'));
  const platforms = entries.filter(([name]) => name.includes('.'));
  return [
    INTRODUCTION,
    '## Thrown by the pipelines\n',
    ...ours.map(article),
    '## Thrown by Step Functions and Lambda\n',
    ...platforms.map(article),
  ].join('\n');
}

function article([name, { meaning, acts, remedy }]: [string, CatalogueEntry]): string {
  return `### ${name}\n\n${meaning}\n\n- Who acts: ${acts}\n- What to do: ${remedy}\n`;
}
