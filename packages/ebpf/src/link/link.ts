/**
 * A program attached to something.
 * @module
 */
import { assert } from "../base/assert.ts";
import { ClosedError } from "../base/errors.ts";
import { NotSupportedError } from "../kernel/errors.ts";
import type { Handle } from "../kernel/handle.ts";
import type { LinkInfo } from "../kernel/info.ts";
import type { Kernel } from "../kernel/kernel.ts";

/**
 * In which of the kernel's ways a program is attached: as a link of its own, or, on kernels before 5.15, as a perf
 * event that the program hangs on (`perf_event_ioctl`), which can be neither inspected nor pinned.
 */
export type LinkKind = "raw_tracepoint" | "tracing" | "perf_event" | "perf_event_ioctl";

/** What makes up a link. */
export interface LinkHold {
  readonly kernel: Kernel;
  readonly kind: LinkKind;
  /** What the program is attached to, in words: `tracepoint sched/sched_switch`. */
  readonly target: string;
  /** Owned by the link from now on. */
  readonly handle: Handle;
}

/**
 * A live attachment. Closing it detaches the program, and so does the end of this process, however it comes, unless
 * the link is pinned. The link keeps the program loaded, but does not own the `Program` it was made from.
 */
export class Link implements Disposable {
  readonly kind: LinkKind;
  readonly target: string;
  readonly #kernel: Kernel;
  readonly #handle: Handle;

  constructor({ kernel, kind, target, handle }: LinkHold) {
    this.#kernel = kernel;
    this.kind = kind;
    this.target = target;
    this.#handle = handle;
  }

  get closed(): boolean {
    return this.#handle.closed;
  }

  /** The handle, lent. @throws {ClosedError} after `close`. */
  get handle(): Handle {
    if (this.#handle.closed) throw new ClosedError(`link to ${this.target}`);
    return this.#handle;
  }

  /**
   * What the kernel tells of the link. Minimum kernel 5.8.
   * @throws {NotSupportedError} for a program on a perf event without a link.
   */
  info(): LinkInfo {
    this.#assertKernelLink("info of a link");
    const info = this.#kernel.bpf("objGetInfoByFd", { object: this.handle });
    assert(info.kind === "link", `info of a link is of a ${info.kind}`);
    return info;
  }

  /**
   * Pins the link at `path` on a bpffs: the program stays attached when this process ends. Minimum kernel 5.7.
   * @throws {InvalidArgumentError} when the path is not on a bpffs.
   */
  pin(path: string): void {
    this.#assertKernelLink("pinning");
    this.#kernel.bpf("objPin", { pathname: path, object: this.handle });
  }

  close(): void {
    this.#handle.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #assertKernelLink(feature: string): void {
    if (this.kind !== "perf_event_ioctl") return;
    throw new NotSupportedError(`${feature} on a perf event`, { since: [5, 15] });
  }
}
