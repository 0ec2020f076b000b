import { EXIT } from './exit-codes.ts';

/** A terminal's Ctrl-C may reach this process twice, directly and through its launcher: so close together they are one. Milliseconds. */
const ONE_PRESS = 500;

/** Calls `stop` at the first Ctrl-C (or SIGTERM); a second one, later, ends the process at once. The function returned ends the listening. */
export function onInterruption(stop: () => void, signals: NodeJS.EventEmitter = process): () => void {
  let first: number | undefined;
  const hear = () => {
    const now = performance.now();
    if (first === undefined) {
      first = now;
      stop();
    } else if (now - first > ONE_PRESS) process.exit(EXIT.failed);
  };
  signals.on('SIGINT', hear);
  signals.on('SIGTERM', hear);
  return () => {
    signals.off('SIGINT', hear);
    signals.off('SIGTERM', hear);
  };
}
