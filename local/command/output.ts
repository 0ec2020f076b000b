import type { WriteStream } from 'node:tty';
import { styleText } from 'node:util';

/** The few styles in use. */
export type Style = 'bold' | 'dim' | 'green' | 'red' | 'yellow';

/** A stream that a command writes to. */
export interface Output {
  readonly isTerminal: boolean;
  /** Writes a line above the redrawn one. */
  line(text?: string): void;
  /** Writes text as it is; false where nobody reads any more. */
  write(text: string): boolean;
  /** Shows one line in place of the one redrawn before; an empty one takes it away. Does nothing where there is no terminal. */
  redraw(text: string): void;
  /** The text in a style, where the terminal takes styles and `NO_COLOR` does not forbid them. */
  paint(style: Style, text: string): string;
}

/** Where a command's result goes, and where everything else goes. */
export interface Outputs {
  out: Output;
  err: Output;
}

type Stream = NodeJS.WritableStream & Partial<Pick<WriteStream, 'isTTY' | 'columns'>>;

/** Columns of a terminal that does not tell. */
const USUAL_COLUMNS = 80;

/** Escape sequence: to the beginning of the line, and clear it. */
const CLEAR_LINE = '\r\u001b[2K';

/** Wraps a stream of the process. A reader that has gone away (`| head`) ends the writing, not the command. */
export function outputTo(stream: Stream, environment: NodeJS.ProcessEnv = process.env): Output {
  const isTerminal = stream.isTTY === true;
  const styled = isTerminal && !environment.NO_COLOR && environment.TERM !== 'dumb';
  let drawn = '';
  let gone = false;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    gone = true;
  });
  const write = (text: string) => {
    if (!gone) stream.write(text);
    return !gone;
  };
  return {
    isTerminal,
    write,
    line(text = '') {
      if (drawn === '') write(`${text}\n`);
      else write(`${CLEAR_LINE}${text}\n${drawn}`);
    },
    redraw(text) {
      if (!isTerminal || text === drawn) return;
      drawn = text.slice(0, (stream.columns ?? USUAL_COLUMNS) - 1);
      write(`${CLEAR_LINE}${drawn}`);
    },
    paint: (style, text) => (styled ? styleText(style, text, { validateStream: false }) : text),
  };
}
