/**
 * Iterators: links whose program is run by reading from them.
 * @module
 */
import { assertText } from "../base/arguments.ts";
import { assertOptions, type Checks, isAnything, isObject } from "../base/checks.ts";
import type { IterBounds } from "../kernel/commands.ts";
import { isTransient, NotSupportedError } from "../kernel/errors.ts";
import { isAtLeast } from "../kernel/feature.ts";
import { handleOf } from "../kernel/handle-of.ts";
import type { Handle, HasHandle } from "../kernel/handle.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { assertProgram, type Program } from "../program/program.ts";
import { assertProcess } from "../spec/process.ts";
import type { IterOrder } from "../spec/program-spec.ts";
import { Link, type LinkHold } from "./link.ts";

const chunkBytes = 1 << 16;

/** An attached iterator. Each reading walks over all objects anew. */
export class IteratorLink extends Link {
  readonly #kernel: Kernel;

  constructor(hold: LinkHold) {
    super(hold);
    this.#kernel = hold.kernel;
  }

  /**
   * What the program writes about all objects, in chunks. Each chunk is overwritten by the next.
   * @throws {ClosedError} after `close`.
   */
  *read(): Generator<Uint8Array, void> {
    using iterator = this.#kernel.bpf("iterCreate", { link: this.handle });
    const buffer = new Uint8Array(chunkBytes);
    for (;;) {
      const length = readAgain(this.#kernel, iterator, buffer);
      if (length === 0) return;
      yield buffer.subarray(0, length);
    }
  }

  /** All that the program writes, as text. */
  text(): string {
    const decoder = new TextDecoder();
    let text = "";
    for (const chunk of this.read()) text += decoder.decode(chunk, { stream: true });
    return text + decoder.decode();
  }
}

/** Reads; when many objects went by about which nothing was written, the kernel wants to be asked again. */
function readAgain(kernel: Kernel, iterator: Handle, buffer: Uint8Array): number {
  for (;;) {
    try {
      return kernel.readInto(iterator, buffer);
    } catch (error) {
      if (!isTransient(error)) throw error;
    }
  }
}

/** Where {@link attachIterator} walks; one of them, or none for everything. */
export interface IteratorBounds {
  /** For iterators over the elements of a map. */
  readonly map?: HasHandle | undefined;
  /** For `cgroup`: where to start, and where to go from there. Minimum kernel 6.1. */
  readonly cgroup?: { readonly folder: string; readonly order: IterOrder } | undefined;
  /** For `task`, `task_file`, `task_vma`: only the tasks of this process, or only this thread. Minimum kernel 6.1. */
  readonly pid?: number | undefined;
  readonly tid?: number | undefined;
}

/**
 * Attaches an iterator, which then walks over all objects or those within `bounds`. Minimum kernel 5.8.
 * Privileges: CAP_PERFMON (CAP_SYS_ADMIN before 5.8).
 * @throws {NotFoundError} when there is no such control group.
 * @throws {NotSupportedError} when the kernel takes no such bounds.
 */
export function attachIterator(
  program: Program,
  name: string,
  bounds: IteratorBounds = {},
): IteratorLink {
  assertProgram(program);
  assertText(name, "the kind of objects to walk over");
  assertOptions(bounds, boundsChecks, "an iterator");
  const { kernel } = program;
  using stack = new DisposableStack();
  const handle = kernel.bpf("linkCreate", {
    prog: program.handle,
    attachType: "trace_iter",
    iterBounds: boundsFor(kernel, bounds, stack),
  });
  return new IteratorLink({ kernel, kind: "iter", target: `iterator ${name}`, handle });
}

const boundsChecks: Checks<IteratorBounds> = {
  map: isObject,
  cgroup: isObject,
  pid: isAnything,
  tid: isAnything,
};

const taskBoundsSince = [6, 1] as const;

/** What is opened for it goes into `stack`. */
function boundsFor(
  kernel: Kernel,
  { map, cgroup, pid, tid }: IteratorBounds,
  stack: DisposableStack,
): IterBounds | undefined {
  assertProcess(pid);
  assertProcess(tid, "the number of a thread");
  if (map !== undefined) return { map: handleOf(map, "the map to walk over") };
  if (cgroup !== undefined) {
    assertText(cgroup.folder, "the folder of the control group to walk from");
    return { cgroup: stack.use(kernel.openPath(cgroup.folder)), order: cgroup.order };
  }
  if (pid === undefined && tid === undefined) return undefined;
  // Older kernels do not look at these bounds.
  if (!isAtLeast(kernel.version, taskBoundsSince)) {
    throw new NotSupportedError("iterators over one process or thread", { since: taskBoundsSince });
  }
  return pid === undefined ? { tid: tid! } : { pid };
}
