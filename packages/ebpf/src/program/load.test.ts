import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ProgLoad } from "../kernel/commands.ts";
import {
  NoSpaceError,
  SyscallError,
  TransientError,
  type SyscallFailure,
} from "../kernel/errors.ts";
import type { Handle } from "../kernel/handle.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { program } from "../spec/program.ts";
import { VerifierError } from "../verifier/verifier-error.ts";
import { loadProgram } from "./load.ts";

const failure: SyscallFailure = { operation: "load", errno: 0, errnoName: "E", reason: "so" };
const rejected = new SyscallError(failure);
const interrupted = new TransientError(failure);
const full = new NoSpaceError(failure);
const handle = { kind: "program", closed: false } as Handle;

/** What one attempt to load does: writes a log, and fails or succeeds. */
interface Attempt {
  readonly log?: string;
  readonly error?: Error;
}

/** A kernel that answers with the attempts given, and the sizes of the logs it was asked for. */
function kernelOf(...attempts: readonly Attempt[]): {
  kernel: Kernel;
  sizes: (number | undefined)[];
} {
  const sizes: (number | undefined)[] = [];
  const bpf = (_command: string, { log }: ProgLoad): Handle => {
    const { log: text = "", error } = attempts[sizes.length]!;
    sizes.push(log?.buffer.length);
    log?.buffer.set(new TextEncoder().encode(text));
    if (error !== undefined) throw error;
    return handle;
  };
  return { kernel: { bpf, version: [6, 18] } as unknown as Kernel, sizes };
}

const spec = program("xdp", [{ kind: "exit" }], { name: "exits" });

describe("loadProgram", () => {
  it("asks for no log at first", () => {
    const { kernel, sizes } = kernelOf({});
    assert.equal(loadProgram(kernel, spec).handle, handle);
    assert.deepEqual(sizes, [undefined]);
  });

  it("says why the verifier rejected it", () => {
    const { kernel, sizes } = kernelOf(
      { error: rejected },
      { log: "R0 !read_ok\n", error: rejected },
    );
    assert.throws(
      () => loadProgram(kernel, spec),
      (error) =>
        error instanceof VerifierError &&
        error.cause === rejected &&
        error.log[0] === "R0 !read_ok",
    );
    assert.deepEqual(sizes, [undefined, (1 << 24) - 1]);
  });

  it("has the program verified no third time when the log does not fit", () => {
    const { kernel, sizes } = kernelOf({ error: rejected }, { log: "a part\n", error: full });
    assert.throws(
      () => loadProgram(kernel, spec),
      (error) =>
        error instanceof VerifierError && error.log[0] === "a part" && error.cause === rejected,
    );
    assert.equal(sizes.length, 2);
  });

  it("passes the refusal on when there is no log", () => {
    const { kernel } = kernelOf({ error: rejected }, { error: rejected });
    assert.throws(() => loadProgram(kernel, spec), rejected);
  });

  it("is interrupted as such, however much has been logged by then", () => {
    const first = kernelOf({ error: interrupted });
    assert.throws(() => loadProgram(first.kernel, spec), interrupted);
    assert.equal(first.sizes.length, 1);
    const second = kernelOf({ error: rejected }, { log: "half of a l", error: interrupted });
    assert.throws(() => loadProgram(second.kernel, spec), interrupted);
  });

  it("takes a second attempt that succeeds", () => {
    const { kernel } = kernelOf({ error: rejected }, {});
    assert.equal(loadProgram(kernel, spec).handle, handle);
  });
});
