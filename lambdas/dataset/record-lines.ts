import { gzipMembers } from './gzip.ts';

/**
 * A stored part of records: gzipped JSON Lines, the text of a record on each line, as `readPage` gives them. Holds a page. The same
 * records give the same bytes.
 */
export function recordPart(pages: AsyncIterable<readonly string[]>): AsyncGenerator<Buffer> {
  return gzipMembers(linesOf(pages));
}

async function* linesOf(pages: AsyncIterable<readonly string[]>): AsyncGenerator<Buffer> {
  for await (const records of pages) if (records.length > 0) yield Buffer.from(`${records.join('\n')}\n`);
}
