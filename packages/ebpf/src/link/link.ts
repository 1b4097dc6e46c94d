/**
 * A program attached to something.
 * @module
 */
import { assert } from "../base/assert.ts";
import { ClosedError } from "../base/errors.ts";
import type { Handle, HasHandle } from "../kernel/handle.ts";
import { handleOf } from "../kernel/handle-of.ts";
import type { LinkInfo } from "../kernel/link-info.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { assertKernelLink, type LinkKind } from "./link-kind.ts";

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

/** Options of {@link Link.update}. */
export interface LinkUpdateOptions {
  /** What the link has to run until now. */
  readonly expected?: HasHandle;
}

/**
 * A live attachment. Closing it detaches the program, and so does the end of this process, however it comes, unless
 * the link is pinned, or of a kind that stays (over netlink, in `clsact`, with a socket or a route). The link keeps the
 * program loaded, but does not own the `Program` it was made from.
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
   * Makes the link run another program from now on, without a moment in which none runs: of the same type and for the
   * same place. Links of `struct_ops` take a map instead. With `expected` only when it runs that one until now.
   * Control groups, network namespaces, iterators, XDP (5.9), tcx and netkit (6.6), `struct_ops` (6.4), maps of
   * sockets (6.10). Minimum kernel 5.7.
   * @throws {BusyError} when the link does not run what was expected.
   * @throws {SyscallError} when the program does not fit, or this kind of link keeps its program.
   * @throws {NotSupportedError} for a program that is attached without a link.
   */
  update(next: HasHandle, { expected }: LinkUpdateOptions = {}): void {
    this.#assertKernelLink("replacing the program of a link");
    this.#kernel.bpf("linkUpdate", {
      link: this.handle,
      newProg: handleOf(next, "the program to run"),
      ...(expected === undefined ? {} : { oldProg: expected.handle }),
    });
  }

  /**
   * Detaches the program although others, or a pin, hold the link: it stays, and is attached to nothing. Links to
   * control groups, network namespaces and interfaces, and to maps of sockets. Minimum kernel 5.9.
   * @throws {NotSupportedError} for other kinds of links.
   */
  detach(): void {
    this.#assertKernelLink("detaching a link");
    this.#kernel.bpf("linkDetach", { link: this.handle });
  }

  /**
   * Pins the link at `path` on a bpffs: the program stays attached when this process ends, until the file is removed
   * and nobody holds the link. Minimum kernel 5.7.
   * @throws {InvalidArgumentError} when the path is not on a bpffs; {@link ExistsError} when something is there.
   * @throws {NotSupportedError} for a program that is attached without a link.
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
    assertKernelLink(this.kind, feature);
  }
}
