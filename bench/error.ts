/**
 * What can go wrong before there is a figure.
 *
 * The driver does not load the library it measures, so that it starts without a build; this is why its error is not
 * one of the library's.
 * @module
 */

/** A figure that cannot be had: wrong arguments, a missing tool, a program that failed. `hint` says what to do. */
export class BenchmarkError extends Error {
  override readonly name = "BenchmarkError";
  readonly hint: string | undefined;

  constructor(message: string, options: { readonly hint?: string; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.hint = options.hint;
  }
}
