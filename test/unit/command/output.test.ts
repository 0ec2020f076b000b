import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { outputTo } from '../../../local/command/output.ts';

function prepare(terminal: boolean, environment: NodeJS.ProcessEnv = {}) {
  const stream = Object.assign(new PassThrough(), { isTTY: terminal, columns: 20 });
  const output = outputTo(stream, environment);
  return { stream, output, written: () => String(stream.read() ?? '') };
}

describe('an output', () => {
  it('redraws one line of a terminal, cut to its width, and writes lines above it', () => {
    const { output, written } = prepare(true);

    output.redraw('2026-11-20 waits for a long time');
    output.line('done');
    output.redraw('');

    expect(written()).toBe('\r\u001b[2K2026-11-20 waits fo\r\u001b[2Kdone\n2026-11-20 waits fo\r\u001b[2K');
  });

  it('redraws nothing in a pipe', () => {
    const { output, written } = prepare(false);

    output.redraw('2026-11-20 waits');
    output.line('done');

    expect(written()).toBe('done\n');
  });

  it.each([
    ['a terminal', true, {}, '\u001b[31mno\u001b[39m'],
    ['a terminal with NO_COLOR', true, { NO_COLOR: '1' }, 'no'],
    ['a pipe', false, {}, 'no'],
  ])('paints for %s accordingly', (_, terminal, environment, expected) => {
    const { output } = prepare(terminal, environment);

    const text = output.paint('red', 'no');

    expect(text).toBe(expected);
  });

  it('takes a reader that went away for the end of the writing', () => {
    const { output, stream } = prepare(false);

    stream.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    const wanted = output.write('more');

    expect(wanted).toBe(false);
    expect(stream.read()).toBeNull();
  });
});
