/**
 * Evaluating entries: in this realm, one after the other, until Ctrl-C.
 * @module
 */
import { constants, Script } from "node:vm";
import { type Capture, entryPath, prepareEntry } from "./prepare.ts";

/** Ctrl-C while an entry waited. */
export class InterruptedError extends Error {
  override readonly name = "InterruptedError";

  constructor() {
    super("interrupted; what it began to wait for may still go on");
  }
}

/** How to evaluate. */
export interface EvaluateOptions {
  readonly capture: Capture;
  /** Ends waiting. With it, Ctrl-C ends a loop too. */
  readonly signal?: AbortSignal;
}

/**
 * The value of a text of TypeScript; a promise of it where the text waits.
 * @throws {UnfinishedError} {SyntaxError} {InterruptedError} and what the text throws.
 */
export function evaluate(
  text: string,
  { capture, signal }: EvaluateOptions,
): { readonly value: unknown } | Promise<{ readonly value: unknown }> {
  const { code, waits } = prepareEntry(text, capture);
  const script = new Script(code, {
    filename: entryPath,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  const value = runScript(script, signal);
  return waits ? settled(value as Promise<unknown>, signal) : { value };
}

async function settled(
  value: Promise<unknown>,
  signal: AbortSignal | undefined,
): Promise<{ readonly value: unknown }> {
  if (signal === undefined) return { value: await value };
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = (): void => reject(new InterruptedError());
  signal.addEventListener("abort", stop, { once: true });
  try {
    return { value: await Promise.race([value, promise]) };
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

function runScript(script: Script, signal: AbortSignal | undefined): unknown {
  try {
    return script.runInThisContext({ breakOnSigint: signal !== undefined, displayErrors: false });
  } catch (error) {
    const { code } = error as { readonly code?: unknown };
    throw code === "ERR_SCRIPT_EXECUTION_INTERRUPTED" ? new InterruptedError() : error;
  }
}
