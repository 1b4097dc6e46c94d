/**
 * What a program is run on, from what somebody wrote.
 *
 * Bytes can be written in hexadecimal. Everything else is an expression of JavaScript that sees the builders of packets:
 * `ethernet().ipv4().tcp({ destination: 443 })`, `{ pid: 7 }`, `[1n, 2n]`.
 * @module
 */
import { ethernet } from "ts-ebpf/testing";
import type { InputKind } from "./protocol.ts";

/** The bytes or values that `text` means; for packets always bytes. @throws {TypeError} {SyntaxError} when it means none. */
export function readInput(kind: InputKind, text: string): unknown {
  const digits = text.replaceAll(/\s+/g, "");
  if (/^([0-9a-f]{2})+$/i.test(digits))
    return Uint8Array.from(digits.match(/../g)!, (pair) => Number.parseInt(pair, 16));
  const value = evaluate(text);
  if (kind !== "packet" && kind !== "bytes") return value;
  const bytes = value instanceof Uint8Array ? value : (value as { bytes?: unknown } | null)?.bytes;
  if (bytes instanceof Uint8Array) return bytes;
  throw new TypeError("that is no packet: write ethernet()… or bytes in hexadecimal");
}

function evaluate(text: string): unknown {
  // oxlint-disable-next-line no-new-func, typescript/no-implied-eval -- what is written here is code of whoever wrote the program
  const compute = new Function("ethernet", `"use strict"; return (${text}\n);`) as (
    builder: typeof ethernet,
  ) => unknown;
  return compute(ethernet);
}
