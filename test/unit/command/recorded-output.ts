import type { Output, Outputs } from '../../../local/command/output.ts';

/** Outputs that keep what is written to them. */
export interface RecordedOutputs extends Outputs {
  readonly stdout: string;
  readonly stderr: string;
}

/** Makes outputs without a terminal. */
export function recordedOutputs(): RecordedOutputs {
  const written = { out: '', err: '' };
  const output = (name: 'out' | 'err'): Output => ({
    isTerminal: false,
    line(text = '') {
      written[name] += `${text}\n`;
    },
    write(text) {
      written[name] += text;
      return true;
    },
    redraw: () => {},
    paint: (_, text) => text,
  });
  return {
    out: output('out'),
    err: output('err'),
    get stdout() {
      return written.out;
    },
    get stderr() {
      return written.err;
    },
  };
}
