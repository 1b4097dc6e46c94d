/**
 * The source of a function of the running program, whichever way leads to it.
 *
 * What a bundler or the module hook wrote beside the function is asked first, V8's inspector second. The compiler is
 * given {@link captureFunction} and does not learn which way it was.
 * @module
 */
import type { Capture, SourceFunction } from "../lang/source/source-function.ts";
import { inspected } from "./inspected.ts";
import { registered } from "./registered.ts";

/**
 * The source of a function marked "use bpf", and what its free names mean.
 * @throws {CaptureError} No way leads to its source; or it is not marked.
 */
export const captureFunction: Capture = (fn) => {
  const known = sources.get(fn);
  if (known !== undefined) return known;
  const source = registered(fn);
  if (source === undefined) return inspected(fn);
  sources.set(fn, source);
  return source;
};

/** Sources whose scope asks the running program each time. Those of the inspector are kept beside it. */
const sources = new WeakMap<(...given: never[]) => unknown, SourceFunction>();
