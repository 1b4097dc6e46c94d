/**
 * What a program is run on, from what somebody wrote.
 *
 * Bytes can be written in hexadecimal. Everything else is an expression of JavaScript that sees the builders of packets:
 * `ethernet().ipv4().tcp({ destination: 443 })`, `{ pid: 7 }`, `[1n, 2n]`.
 * @module
 */
import type { GivenContext } from "ts-ebpf/sim";
import { ethernet } from "ts-ebpf/testing";
import type { InputKind } from "./protocol.ts";

/** Types of programs that are run on packets. */
const packetTypes: ReadonlySet<string> = new Set([
  "xdp",
  "sched_cls",
  "sched_act",
  "socket_filter",
  "cgroup_skb",
  "lwt_in",
  "lwt_out",
  "lwt_xmit",
  "lwt_seg6local",
  "sk_skb",
]);

/** Types of programs whose context is a struct with fields. */
const fieldTypes: ReadonlySet<string> = new Set([
  "cgroup_sock",
  "cgroup_sock_addr",
  "cgroup_device",
  "cgroup_sysctl",
  "cgroup_sockopt",
  "sock_ops",
  "sk_lookup",
  "netfilter",
  "perf_event",
]);

/** What programs of a type are run on. */
export function inputKindOf(type: string): InputKind {
  if (packetTypes.has(type)) return "packet";
  if (fieldTypes.has(type)) return "fields";
  const hasArguments = /^(kprobe|tracing|lsm|raw_tracepoint.*)$/.test(type);
  return hasArguments ? "arguments" : "bytes";
}

/** What `text` means for a program. @throws {TypeError} {SyntaxError} when it means nothing of the kind. */
export function readInput(kind: InputKind, text: string): GivenContext {
  const digits = text.replaceAll(/\s+/g, "");
  const isHex = /^([0-9a-f]{2})+$/i.test(digits);
  const value = isHex ? bytesOf(digits) : evaluate(text);
  return readers[kind](value);
}

const readers: { readonly [Kind in InputKind]: (value: unknown) => GivenContext } = {
  packet: (value) => ({ packet: asBytes(value, "packet: write ethernet()…") }),
  bytes: (value) => ({ bytes: asBytes(value, "bytes: write new Uint8Array(…)") }),
  fields: (value) => ({
    fields: asObject(value, "{ field: value }") as GivenContext["fields"] & {},
  }),
  arguments: (value) =>
    Array.isArray(value)
      ? { args: value as GivenContext["args"] & {} }
      : asObject(value, "[1n, 2n], or { args: […], result: 0n }"),
};

function bytesOf(digits: string): Uint8Array {
  return Uint8Array.from(digits.match(/../g)!, (pair) => Number.parseInt(pair, 16));
}

function asBytes(value: unknown, wanted: string): Uint8Array {
  const bytes = value instanceof Uint8Array ? value : (value as { bytes?: unknown } | null)?.bytes;
  if (bytes instanceof Uint8Array) return bytes;
  throw new TypeError(`that is no ${wanted} or bytes in hexadecimal`);
}

function asObject(value: unknown, wanted: string): object {
  if (typeof value === "object" && value !== null) return value;
  throw new TypeError(`that is no input for this program: write ${wanted}`);
}

function evaluate(text: string): unknown {
  // oxlint-disable-next-line no-new-func, typescript/no-implied-eval -- what is written here is code of whoever wrote the program
  const compute = new Function("ethernet", `"use strict"; return (${text}\n);`) as (
    builder: typeof ethernet,
  ) => unknown;
  return compute(ethernet);
}
