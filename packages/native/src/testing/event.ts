/**
 * Waiting for an event with a deadline, so that a test that waits in vain says so.
 * @module
 */

/** A promise to be kept by whoever calls `happened`; fails after a minute, unless the machine is slow. */
export class Occurrence<T = void> {
  readonly promise: Promise<T>;
  readonly happened: (value: T) => void;

  constructor(what: string) {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const deadline = setTimeout(() => reject(new RangeError(`${what} did not happen`)), 50_000);
    this.promise = promise.finally(() => clearTimeout(deadline));
    this.happened = resolve;
  }
}
