/**
 * Doing it again when the kernel was only busy for the moment.
 * @module
 */
import { setTimeout as delay } from "node:timers/promises";
import { assertWhole } from "../base/arguments.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import { isTransient } from "../kernel/errors.ts";

/** How often and how patiently to try again. */
export interface RetryOptions {
  /** Attempts in all, the first one included. */
  readonly attempts: number;
  /** Wait before the second attempt; it doubles with each further one. */
  readonly delayMs: number;
  /** No wait is longer than this. */
  readonly maxDelayMs: number;
  /** Ends the waiting. */
  readonly signal: AbortSignal | undefined;
  /** Which errors are worth another attempt: by default {@link TransientError}. */
  readonly isTransient: (error: unknown) => boolean;
}

const retryDefaults: RetryOptions = {
  attempts: 5,
  delayMs: 10,
  maxDelayMs: 1000,
  signal: undefined,
  isTransient,
};

/**
 * What `action` returns, which is run again while it fails with something temporary.
 * @throws what the last attempt threw; the signal's reason when that ended it.
 * @throws {InvalidArgumentError} for attempts or delays that cannot be meant.
 */
export async function retryTransient<T>(
  action: () => T | Promise<T>,
  options: Partial<RetryOptions> = {},
): Promise<T> {
  const { attempts, delayMs, maxDelayMs, signal, isTransient } = { ...retryDefaults, ...options };
  assertRetry({ attempts, delayMs, maxDelayMs });
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    try {
      return await action();
    } catch (error) {
      if (attempt >= attempts || !isTransient(error)) throw error;
    }
    await delay(Math.min(delayMs * 2 ** (attempt - 1), maxDelayMs), undefined, { signal });
  }
}

type Pace = Pick<RetryOptions, "attempts" | "delayMs" | "maxDelayMs">;

function assertRetry({ attempts, delayMs, maxDelayMs }: Pace): void {
  if (attempts !== Infinity) assertWhole(attempts, "the number of attempts", { least: 1 });
  for (const delay of [delayMs, maxDelayMs]) {
    if (delay >= 0) continue;
    throw new InvalidArgumentError(`a delay of ${delay} ms between attempts`, {
      hint: "give milliseconds from 0 up",
    });
  }
}
