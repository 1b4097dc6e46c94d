/**
 * Streams that remember, for tests of what a command writes.
 * @module
 */
import { Writable } from "node:stream";
import { WriteStream } from "node:tty";
import { type Context, writeRemark } from "../context.ts";
import { ExitCode } from "../exit-code.ts";

/** What the stream pretends to be. */
export interface CapturedOptions {
  /** A terminal of this many columns; a pipe when left out. */
  readonly columns?: number;
}

/** A stream that keeps what is written to it. */
export class CapturedStream extends Writable {
  readonly isTTY: boolean;
  readonly columns: number | undefined;
  // oxlint-disable-next-line typescript/unbound-method -- it becomes a method of this class
  readonly getColorDepth: WriteStream["getColorDepth"] = WriteStream.prototype.getColorDepth;
  #text = "";

  constructor({ columns }: CapturedOptions = {}) {
    super({ decodeStrings: false });
    this.columns = columns;
    this.isTTY = columns !== undefined;
  }

  /** Everything written so far. */
  get text(): string {
    return this.#text;
  }

  override _write(chunk: string, _encoding: string, done: () => void): void {
    this.#text += chunk;
    done();
  }
}

/** A stream to pass where one of the process is wanted. */
export function asProcessStream(stream: CapturedStream): NodeJS.WriteStream {
  return stream as unknown as NodeJS.WriteStream;
}

/** A context whose output is kept. */
export interface CapturedContext extends Context {
  /** What was written to each stream. */
  readonly written: { readonly out: CapturedStream; readonly err: CapturedStream };
}

/** A context for a test. */
export function capturedContext(options: CapturedOptions = {}): CapturedContext {
  const [out, err] = [new CapturedStream(options), new CapturedStream(options)];
  return {
    stdout: asProcessStream(out),
    stderr: asProcessStream(err),
    lines: out,
    remark: (text) => writeRemark(asProcessStream(err), text),
    exitCode: ExitCode.ok,
    written: { out, err },
  };
}

/** Runs `work` with these environment variables; those that are `undefined` are not set meanwhile. */
export function withEnvironment<T>(
  variables: Readonly<Record<string, string | undefined>>,
  work: () => T,
): T {
  const before = { ...process.env };
  const set = (values: Readonly<Record<string, string | undefined>>): void => {
    for (const name of Object.keys(variables)) {
      if (values[name] === undefined) delete process.env[name];
      else process.env[name] = values[name];
    }
  };
  set(variables);
  try {
    return work();
  } finally {
    set(before);
  }
}
