/**
 * Waiting in the event loop until there is room to write.
 *
 * What can be written to is so most of the time, so it is watched for changes: an edge-triggered epoll set, of which each
 * event is taken before it is told.
 * @module
 */
import type { Bridge, Poll } from "@ts-ebpf/native";
import type { Watch } from "../../kernel/kernel.ts";
import { raise } from "../call/failure.ts";
import { Fd } from "../fd.ts";

// include/uapi/linux/eventpoll.h
const epollAdd = 1;
const epollOut = 4;
const edgeTriggered = 2 ** 31;

/** Tells at once when there is room, and from then on whenever some was made. */
export class RoomWatch implements Watch {
  readonly #bridge: Bridge;
  readonly #set: Fd;
  #poll: Poll | undefined;

  constructor(bridge: Bridge, fd: Fd, onRoom: () => void) {
    const number = bridge.epollCreate();
    if (number < 0) raise(-number, { text: "create an epoll set" });
    using stack = new DisposableStack();
    const set = stack.use(new Fd(bridge, number, { kind: "file", label: "epoll set" }));
    const added = bridge.epollControl(set.raw, epollAdd, fd.raw, epollOut + edgeTriggered);
    if (added < 0) raise(-added, { text: `wait for room in ${fd.label}` });
    const poll = bridge.pollStart(set.raw, () => {
      bridge.epollTake(set.raw);
      onRoom();
    });
    if (typeof poll === "number") raise(-poll, { text: `wait for room in ${fd.label}` });
    this.#bridge = bridge;
    this.#set = set;
    this.#poll = poll;
    stack.move();
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
    this.#set.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
