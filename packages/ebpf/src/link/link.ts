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
 * In which of the kernel's ways a program is attached: as a link, by its kind, or in two ways that can be neither
 * inspected nor pinned: on kernels before 5.15 as a perf event that the program hangs on (`perf_event_ioctl`), and to
 * maps of sockets before 6.10 without anything of its own (`prog_attach`).
 */
export type LinkKind =
  | "raw_tracepoint"
  | "tracing"
  | "iter"
  | "perf_event"
  | "xdp"
  | "tcx"
  | "cgroup"
  | "netns"
  | "sockmap"
  | "perf_event_ioctl"
  | "prog_attach";

/** What makes up a link. */
export interface LinkHold {
  readonly kernel: Kernel;
  readonly kind: LinkKind;
  /** What the program is attached to, in words: `tracepoint sched/sched_switch`. */
  readonly target: string;
  /** Owned by the link from now on. */
  readonly handle: Handle;
  /** What else ends with the link, before its handle is closed. */
  readonly more?: Disposable;
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
  readonly #more: Disposable | undefined;

  constructor({ kernel, kind, target, handle, more }: LinkHold) {
    this.#kernel = kernel;
    this.kind = kind;
    this.target = target;
    this.#handle = handle;
    this.#more = more;
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
   * @throws {NotSupportedError} for a program that is attached without a link.
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
    if (this.closed) return;
    try {
      this.#more?.[Symbol.dispose]();
    } finally {
      this.#handle.close();
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Of several links, as for samples on each CPU, `info` and `pin` mean the first. */
  #assertKernelLink(feature: string): void {
    if (this.kind === "perf_event_ioctl") {
      throw new NotSupportedError(`${feature} on a perf event`, { since: [5, 15] });
    }
    if (this.kind === "prog_attach") {
      throw new NotSupportedError(`${feature} on a map of sockets`, { since: [6, 10] });
    }
  }
}
