/**
 * Packets for tests of programs in the network: sent until a program has seen them.
 *
 * Only for use inside of `inNetNamespace`, over interfaces made there.
 * @module
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { existsSync, writeFileSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { promisify } from "node:util";

type Send = (text: string, port: number, to: string, done: (error: Error | null) => void) => void;

/** Where packets are sent, and how long they are. */
export interface Destination {
  readonly to: string;
  readonly bytes?: number;
}

/** Sends packets of UDP until `seen` is true. */
export async function sendUntil(
  seen: () => boolean,
  { to, bytes = 1 }: Destination,
): Promise<void> {
  const socket = createSocket(to.includes(":") ? "udp6" : "udp4");
  const send = promisify(socket.send.bind(socket) as Send);
  const deadline = Date.now() + 60_000;
  try {
    while (!seen()) {
      assert.ok(Date.now() < deadline, "no packet was seen");
      // What is sent to a closed port may come back as an error of a later one.
      await send("x".repeat(bytes), 4242, to).catch(() => {});
      await setImmediate();
    }
  } finally {
    socket.close();
  }
}

/** Sends one packet; the error's code when the kernel refuses to. */
export async function sendOnce(to: string): Promise<string | undefined> {
  const socket = createSocket(to.includes(":") ? "udp6" : "udp4");
  const send = promisify(socket.send.bind(socket) as Send);
  try {
    await send("x", 4242, to);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  } finally {
    socket.close();
  }
}

/** Runs `ip` with arguments, which stand in one text. */
export function ip(command: string): string {
  return execFileSync("ip", command.split(" "), { encoding: "utf8" });
}

/** Sees to it that nothing is sent through an interface by itself. */
export function withoutIpv6(name: string): void {
  const path = `ipv6/conf/${name}/disable_ipv6`;
  if (existsSync(`/proc/sys/net/${path}`)) setNetwork(path, 1);
}

/** Sets what the kernel does in this network namespace: a path below `/proc/sys/net`. */
export function setNetwork(path: string, value: number): void {
  writeFileSync(`/proc/sys/net/${path}`, String(value));
}
