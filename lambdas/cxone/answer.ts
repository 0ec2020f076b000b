import type { Dispatcher } from 'undici';
import { z } from 'zod';
import { oneLine } from './redaction.ts';

/** Of the body of an error no more is read. */
const ERROR_BODY_BYTES = 65_536;

const ErrorBody = z.object({
  errorCode: z.string().optional().catch(undefined),
  error: z.string().optional().catch(undefined),
  message: z.string().optional().catch(undefined),
  errorMessage: z.string().optional().catch(undefined),
  error_description: z.string().optional().catch(undefined),
  requestId: z.string().optional().catch(undefined),
});

/** What is known of an answer that is not a success. All texts are free of secrets, bounded, and on one line. */
export interface Answer {
  status: number;
  /** Whether the body is JSON: a 403 with another body comes from a gate before CXone. */
  json: boolean;
  html: boolean;
  requestId?: string;
  retryAfter?: string;
  errorCode?: string;
  words?: string;
}

/** A header's first value. */
export function headerOf(response: Dispatcher.ResponseData, name: string): string | undefined {
  const value = response.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** The id under which CXone's support can find the call, fit to be a fact. */
export function requestIdOf(
  response: Dispatcher.ResponseData,
  redact: (text: string) => string,
): string | undefined {
  const id = headerOf(response, 'x-request-id') ?? headerOf(response, 'x-correlation-id');
  return id === undefined ? undefined : asFact(redact(id));
}

/** Whether an answer calls itself a page for people. */
export function isHtml(response: Dispatcher.ResponseData): boolean {
  return /html/i.test(headerOf(response, 'content-type') ?? '');
}

/** Reads what an answer that is not a success has to say. A body that breaks off says nothing; the status stands. */
export async function readAnswer(
  response: Dispatcher.ResponseData,
  redact: (text: string) => string,
): Promise<Answer> {
  const text = await readText(response.body, ERROR_BODY_BYTES).catch(() => undefined);
  const value = text === undefined ? undefined : parsedJson(text);
  const body = ErrorBody.safeParse(value);
  const { errorCode, error, message, errorMessage, error_description, requestId } = body.data ?? {};
  const code = errorCode ?? error;
  const words = message ?? errorMessage ?? error_description;
  const id =
    requestIdOf(response, redact) ?? (requestId === undefined ? undefined : asFact(redact(requestId)));
  const retryAfter = headerOf(response, 'retry-after');
  return {
    status: response.statusCode,
    json: body.success || (text === undefined && /json/i.test(headerOf(response, 'content-type') ?? '')),
    html: isHtml(response) || (text ?? '').trimStart().startsWith('<'),
    ...(id === undefined ? {} : { requestId: id }),
    ...(retryAfter === undefined ? {} : { retryAfter }),
    ...(code === undefined ? {} : { errorCode: asFact(redact(code)) }),
    ...(words === undefined ? {} : { words: oneLine(redact(words)) }),
  };
}

/** The text of a body, or undefined where it is longer than the limit. */
export async function readText(body: AsyncIterable<Buffer>, limitBytes: number): Promise<string | undefined> {
  return (await readBytes(body, limitBytes))?.toString('utf8');
}

/** The bytes of a body, or undefined where they are more than the limit. */
export async function readBytes(
  body: AsyncIterable<Buffer>,
  limitBytes: number,
): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > limitBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The value of a JSON text, or undefined where it is none. The parser's own words would quote the text. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    return undefined;
  }
}

function asFact(text: string): string {
  return text.replaceAll(/[^\w.:()-]+/g, '_').slice(0, 100);
}
