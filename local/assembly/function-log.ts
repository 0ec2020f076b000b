import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { OutputSink } from './output-capture.ts';

/** A function's log: one JSON object a line, as in Lambda's JSON log format. */
export interface FunctionLog {
  /** Takes what an invocation writes; a line that is not a JSON object is wrapped into one. */
  output(requestId: string): { sink: OutputSink; end(): void };
  /** Adds a line of the platform's own, such as `platform.report`. */
  platform(type: string, time: number, record: Record<string, unknown>): void;
}

/** Opens the log of a function, `<folder>/<function>.jsonl`. Lines are on disk when they are written. */
export function openFunctionLog(folder: string, functionName: string): FunctionLog {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `${functionName}.jsonl`);
  const append = (line: string) => appendFileSync(path, `${line}\n`, { mode: 0o600 });
  return {
    output(requestId) {
      let rest = '';
      const flush = (line: string) => {
        if (line !== '') append(isJsonObject(line) ? line : JSON.stringify({ requestId, message: line }));
      };
      return {
        sink(text) {
          const lines = `${rest}${text}`.split('\n');
          rest = lines.pop() ?? '';
          for (const line of lines) flush(line);
        },
        end() {
          flush(rest);
          rest = '';
        },
      };
    },
    platform(type, time, record) {
      append(JSON.stringify({ time: new Date(time).toISOString(), type, record }));
    },
  };
}

function isJsonObject(line: string): boolean {
  if (!line.startsWith('{')) return false;
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}
