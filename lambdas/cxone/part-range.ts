import { catalogued } from '../model/errors.ts';
import type { JobFile } from './job-status.ts';
import type { OpenAnswer } from './transport.ts';

/** What the head of an answer says of the bytes that follow. */
export interface PartRange {
  offset: number;
  announcedBytes?: number;
  validator?: string;
}

/**
 * Where in the part an answer's body begins. 200 is the whole part, whatever was asked for; 206 must be exactly the range
 * that was asked for, to the part's end.
 *
 * @throws ServerFault where the answer is a page for people, or another range
 */
export function offsetOf(answer: OpenAnswer, file: JobFile, from: number): PartRange {
  const { status, requestId } = answer;
  const facts = { call: 'part', part: file.part, status, requestId };
  if (/html/i.test(answer.header('content-type') ?? ''))
    throw catalogued('ServerFault', 'CXone answered with a page in place of a part.', {
      ...facts,
      html: true,
    });
  const length = wholeNumber(answer.header('content-length'));
  const validator = strongValidator(answer.header('etag'));
  const known = { ...(validator === undefined ? {} : { validator }) };
  if (status === 200)
    return { offset: 0, ...known, ...(length === undefined ? {} : { announcedBytes: length }) };
  const range = /^bytes (\d+)-(\d+)\/(\d+|\*)$/i.exec(answer.header('content-range')?.trim() ?? '');
  const [first, last, total] = (range ?? []).slice(1).map(wholeNumber);
  const bytes = first === undefined || last === undefined ? undefined : last - first + 1;
  const right =
    status === 206 &&
    from > 0 &&
    first === from &&
    bytes !== undefined &&
    bytes > 0 &&
    (length ?? bytes) === bytes &&
    (total === undefined || last === total - 1);
  if (!right)
    throw catalogued('ServerFault', 'CXone answered with another range of the part than it was asked for.', {
      ...facts,
      from,
    });
  return { offset: from, ...known, announcedBytes: bytes };
}

function strongValidator(etag: string | undefined): string | undefined {
  return etag !== undefined && /^"[\x21\x23-\x7e]*"$/.test(etag) ? etag : undefined;
}

function wholeNumber(digits: string | undefined): number | undefined {
  return digits !== undefined && /^\d{1,15}$/.test(digits) ? Number(digits) : undefined;
}
