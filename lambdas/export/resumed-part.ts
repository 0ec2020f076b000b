import type { DataDownload, OpenedPart } from '../cxone/data-download.ts';
import type { JobFile } from '../cxone/job-status.ts';
import { catalogued, isError } from '../model/errors.ts';

/** A part is taken up again in the middle at most so often within one invocation; after that it is fetched from the start. */
const RESUMPTIONS = 3;

/**
 * The bytes of a part. A connection that breaks, or a body that ends too early, is taken up again where it ended, by a range
 * request, as long as the server still has the same content. Throws `PartIncomplete` where it cannot: the part has to be
 * fetched from the start then.
 */
export async function* resumedPart(
  dataDownload: Pick<DataDownload, 'openPart'>,
  file: JobFile,
  opened: OpenedPart,
): AsyncGenerator<Buffer> {
  let current = opened;
  let received = 0;
  for (let resumptions = 0; ; resumptions++) {
    try {
      for await (const chunk of current.body as AsyncIterable<Buffer>) {
        received += chunk.length;
        yield chunk;
      }
      if (received >= file.bytes) return;
    } catch (error) {
      if (!isError(error, 'ConnectionLost') || received === 0) throw error;
    } finally {
      // Also when the reader stops: a connection that nobody reads would stay open.
      current.body.destroy();
    }
    if (resumptions === RESUMPTIONS || received === 0) throw incomplete(file, received);
    current = await dataDownload.openPart(file, { from: received, validator: opened.validator });
    if (current.offset !== received) {
      current.body.destroy();
      throw incomplete(file, received);
    }
  }
}

function incomplete(file: JobFile, received: number) {
  const facts = { part: file.part, expected: file.bytes, received };
  return catalogued(
    'PartIncomplete',
    `Part ${file.part} ended too early and could not be taken up again.`,
    facts,
  );
}
