/**
 * A pair of interfaces with two queues each, for tests of sockets that share memory.
 * @module
 */
import { execFileSync } from "node:child_process";

/** Ends of a pair: what leaves one through a queue comes in at the other by the queue of that number. */
export interface QueuedPair {
  readonly near: string;
  readonly far: string;
}

let pairs = 0;

/** Makes another pair; it is gone with the network namespace. Only for use inside of `inNetNamespace`. */
export function makeQueues(): QueuedPair {
  pairs += 1;
  const [near, far] = [`nearq${pairs}`, `farq${pairs}`];
  const queues = ["numtxqueues", "2", "numrxqueues", "2"];
  ip("link", "add", near, ...queues, "type", "veth", "peer", "name", far, ...queues);
  for (const name of [near, far]) ip("link", "set", name, "up");
  return { near, far };
}

function ip(...given: readonly string[]): void {
  execFileSync("ip", given);
}
