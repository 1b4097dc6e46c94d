/**
 * Waiting in the event loop until a descriptor can be read.
 *
 * One handle is polled itself; several are put into an epoll set, and the set is polled. The bridge polls a duplicate of
 * the descriptor, so closing a handle that is watched never leaves the loop with a number that means something else.
 * @module
 */
import type { Bridge, Poll } from "@ts-ebpf/native";
import { InvalidArgumentError } from "../../base/errors.ts";
import type { Handle } from "../../kernel/handle.ts";
import type { Watch } from "../../kernel/kernel.ts";
import { raise } from "../call/failure.ts";
import { Fd, fdOf } from "../fd.ts";

// include/uapi/linux/eventpoll.h
const epollAdd = 1;
const epollIn = 1;

/** A descriptor that the event loop watches. */
export class NativeWatch implements Watch {
  readonly #bridge: Bridge;
  #poll: Poll | undefined;

  /** @throws {InvalidArgumentError} without handles; {@link SyscallError} when one of them cannot be waited for. */
  constructor(bridge: Bridge, handles: readonly Handle[], onReadable: () => void) {
    this.#bridge = bridge;
    const [first, ...others] = handles.map((handle) => fdOf(handle));
    if (first === undefined) throw new InvalidArgumentError("there is nothing to wait for");
    using set = others.length === 0 ? undefined : epollSet(bridge, [first, ...others]);
    const fd = set ?? first;
    const poll = bridge.pollStart(fd.raw, onReadable);
    if (typeof poll === "number") raise(-poll, { text: `wait for ${fd.label}` });
    this.#poll = poll;
  }

  ref(): void {
    if (this.#poll !== undefined) this.#bridge.pollKeepAlive(this.#poll, 1);
  }

  unref(): void {
    if (this.#poll !== undefined) this.#bridge.pollKeepAlive(this.#poll, 0);
  }

  close(): void {
    if (this.#poll === undefined) return;
    this.#bridge.pollStop(this.#poll);
    this.#poll = undefined;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** A descriptor that is readable while one of `fds` is. */
function epollSet(bridge: Bridge, fds: readonly Fd[]): Fd {
  const number = bridge.epollCreate();
  if (number < 0) raise(-number, { text: "create an epoll set" });
  using stack = new DisposableStack();
  const set = stack.use(new Fd(bridge, number, { kind: "file", label: "epoll set" }));
  for (const fd of fds) {
    const result = bridge.epollControl(set.raw, epollAdd, fd.raw, epollIn);
    if (result < 0) raise(-result, { text: `wait for ${fd.label}` });
  }
  stack.move();
  return set;
}
