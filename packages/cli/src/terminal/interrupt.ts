/**
 * Ctrl-C and its relatives: the first asks to come to an end, the second does not ask.
 * @module
 */
import { constants } from "node:os";

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** What {@link onInterrupt} returns; disposing of it gives the signals back to Node, which ends the process at once. */
export interface Interrupt extends Disposable {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
}

/**
 * Catches the signals that ask a process to end. The first aborts; after a second the process ends with 128 + its number, and
 * the kernel cleans up.
 */
export function onInterrupt(): Interrupt {
  const controller = new AbortController();
  const onSignal = (name: NodeJS.Signals): void => {
    // oxlint-disable-next-line node/no-process-exit -- what is still being written would keep the process alive.
    if (controller.signal.aborted) process.exit(128 + constants.signals[name]);
    controller.abort();
  };
  for (const name of signals) process.on(name, onSignal);
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      for (const name of signals) process.off(name, onSignal);
    },
  };
}
