/**
 * A native bridge for tests: it remembers calls and answers what the test wants.
 * @module
 */
import type { Bridge, Pointers } from "@ts-ebpf/native";
import { hex, littleEndian, viewOf } from "../base/bytes.ts";

/** A call of bpf(2) as it was made. */
export interface RecordedCall {
  readonly command: number;
  /** A copy of the attributes. */
  readonly attr: Uint8Array;
  /** The bytes that each pointer led to, as hexadecimal digits, by `OFFSET` in the attributes. */
  readonly pointers: Readonly<Record<number, string>>;
}

/** Answers a call: what bpf(2) returns. May write into the attributes, as the kernel does. */
export type Answer = (attr: DataView, call: RecordedCall, pointers: Pointers) => number;

/** A bridge of which only what tests use is there. */
export interface FakeBridge extends Bridge {
  readonly calls: readonly RecordedCall[];
  /** Descriptors that were closed, in order. */
  readonly closed: readonly number[];
}

const firstDescriptor = 100;

/** A bridge that answers calls of bpf(2) by `answer`: by default with 0. Other functions are given in `more`. */
export function fakeBridge(answer: Answer = () => 0, more: Partial<Bridge> = {}): FakeBridge {
  const calls: RecordedCall[] = [];
  const closed: number[] = [];
  let next = firstDescriptor;
  const bpf: Bridge["bpf"] = (command, attr, pointers) => {
    const call = { command, attr: attr.slice(), pointers: targets(attr, pointers) };
    calls.push(call);
    return answer(viewOf(attr), call, pointers);
  };
  const functions: Partial<FakeBridge> = {
    calls,
    closed,
    bpf,
    bpfOpen: more.bpf ?? bpf,
    close: (fd) => closed.push(fd) && 0,
    duplicate: () => next++,
    ...more,
  };
  return functions as FakeBridge;
}

/** Where the pointers in `attr` lead; pointers in other memory are left out. */
function targets(attr: Uint8Array, pointers: Pointers): Record<number, string> {
  const found: Record<number, string> = {};
  for (let at = 0; at < pointers.length; at += 4) {
    const [memory, offset, target] = pointers.slice(at, at + 3) as [Uint8Array, number, Uint8Array];
    if (memory === attr) found[offset] = hex(target);
  }
  return found;
}

/** The 32-bit words of `bytes` that are not zero, by their offset in bytes: `{ 0: 1, 4: 8 }`. */
export function wordsIn(bytes: Uint8Array): Record<number, number> {
  const view = viewOf(bytes);
  const offsets = Array.from({ length: bytes.length / 4 }, (_, index) => 4 * index);
  const words = offsets.map((offset) => [offset, view.getUint32(offset, littleEndian)] as const);
  return Object.fromEntries(words.filter(([, word]) => word !== 0));
}
