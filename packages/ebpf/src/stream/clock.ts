/**
 * The clock that rates and deadlines are measured with.
 * @module
 */

const { hrtime } =
  (globalThis as { readonly process?: Pick<NodeJS.Process, "hrtime"> }).process ?? {};

/**
 * Milliseconds of a clock that nobody sets, from any beginning. The same as `performance.now()`, which a page has and Node
 * takes milliseconds to make.
 */
export const monotonicMs: () => number =
  hrtime === undefined
    ? (): number => performance.now()
    : (): number => {
        const [seconds, nanoseconds] = hrtime();
        return seconds * 1e3 + nanoseconds / 1e6;
      };
