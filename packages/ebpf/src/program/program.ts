/**
 * A loaded program.
 * @module
 */
import { assert } from "../base/assert.ts";
import { ClosedError, InvalidArgumentError } from "../base/errors.ts";
import { kindOf } from "../base/given.ts";
import type { Handle, HasHandle, ProgramId } from "../kernel/handle.ts";
import { handleOf } from "../kernel/handle-of.ts";
import type { ProgramInfo } from "../kernel/info.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { ProgramSpec } from "../spec/program-spec.ts";
import { testRun, type TestRunInput, type TestRunResult } from "./test-run.ts";

/** A program and the kernel it lives in. */
export interface ProgramHold<Spec extends ProgramSpec = ProgramSpec> {
  readonly kernel: Kernel;
  readonly spec: Spec;
  /** Owned by the program from now on. */
  readonly handle: Handle;
}

/** A loaded program. It is closed by whoever loaded it; the kernel keeps it while something is attached or pinned. */
export class Program<Spec extends ProgramSpec = ProgramSpec> implements Disposable {
  readonly spec: Spec;
  readonly kernel: Kernel;
  readonly #handle: Handle;

  constructor({ kernel, spec, handle }: ProgramHold<Spec>) {
    this.kernel = kernel;
    this.spec = spec;
    this.#handle = handle;
  }

  /** Name of the spec; the kernel keeps its first 15 characters. */
  get name(): string {
    return this.spec.name;
  }

  get type(): Spec["type"] {
    return this.spec.type;
  }

  get closed(): boolean {
    return this.#handle.closed;
  }

  /**
   * The handle, lent: to attach the program, or to hand it to `Kernel.bpf`.
   * @throws {ClosedError} after `close`.
   */
  get handle(): Handle {
    if (this.#handle.closed) throw new ClosedError(`program "${this.name}"`);
    return this.#handle;
  }

  /** What the kernel tells of the program. Minimum kernel 4.13. */
  info(): ProgramInfo {
    const info = this.kernel.bpf("objGetInfoByFd", { object: this.handle });
    assert(info.kind === "program", `info of program "${this.name}" is of a ${info.kind}`);
    return info;
  }

  /** The kernel's number of the program. */
  get id(): ProgramId {
    return this.info().id;
  }

  /**
   * Runs the program on given input, without attaching it. Minimum kernel 4.12 for packets, 5.10 for raw tracepoints.
   * @throws {NotSupportedError} when this type of program cannot be run so.
   */
  run(input: TestRunInput = {}): TestRunResult {
    return testRun(this, input);
  }

  /**
   * Pins the program at `path` on a bpffs.
   * @throws {ExistsError} when something is there.
   * @throws {InvalidArgumentError} when the path is not on a bpffs.
   */
  pin(path: string): void {
    this.kernel.bpf("objPin", { pathname: path, object: this.handle });
  }

  /**
   * Keeps a map alive for as long as the kernel has the program, although its instructions do not use it: what user space
   * wants to find with the program, such as a map that describes it. `info().mapIds` tells it from then on; for one that is
   * there already nothing happens. The map's owner may close it. Minimum kernel 5.10.
   * @throws {NotSupportedError} when the kernel is older; {@link InvalidArgumentError} when it is no map.
   */
  bindMap(map: HasHandle): void {
    this.kernel.bpf("progBindMap", { prog: this.handle, map: handleOf(map, "the map to bind") });
  }

  /**
   * Says for which struct of functions the program works, so that functions of the kernel that it calls find the right one
   * where there are several. It stays so while the kernel has the program, and keeps the struct alive. For programs that
   * are themselves functions of a struct, loading says it. Minimum kernel 7.0.
   * @throws {BusyError} when it works for another one already.
   * @throws {NotSupportedError} when the kernel is older; {@link InvalidArgumentError} when it is no map.
   * @throws {SyscallError} when the map holds no struct of functions, or the program is a function of one.
   */
  associateStructOps(ops: HasHandle): void {
    const map = handleOf(ops, "the struct of functions");
    this.kernel.bpf("progAssocStructOps", { prog: this.handle, map });
  }

  close(): void {
    this.#handle.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/**
 * Checks that something is a loaded program.
 * @throws {InvalidArgumentError} when it is not, with what to do when it is one that is still to be loaded.
 */
export function assertProgram(value: unknown): asserts value is Program {
  if (value instanceof Program) return;
  const isSpec = typeof value === "object" && value !== null && "instructions" in value;
  const isSource = typeof value === "object" && value !== null && "code" in value;
  const given = isSpec || isSource ? "not loaded yet" : `${kindOf(value)}, not a loaded program`;
  throw new InvalidArgumentError(`the program is ${given}`, {
    hint: "give one of a collection: const tracer = await load({ onExec }); tracer.onExec",
  });
}
