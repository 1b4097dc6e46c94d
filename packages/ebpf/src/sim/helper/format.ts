/**
 * Text of formats as `bpf_trace_printk`, `bpf_snprintf` and `bpf_seq_printf` make it, with what pointers lead to in the
 * simulated memory.
 * @module
 */
import { cString } from "../../base/bytes.ts";
import { formatPrintk, formatPrintkInteger, type PrintkSpecifier } from "../../helper/printk.ts";
import { MachineFault } from "../vm/fault.ts";
import type { Memory } from "../vm/memory.ts";

/** Longest text that `%s` takes. */
const longestText = 512;

/**
 * The text that `format`, up to its zero byte, makes of 64-bit words; `undefined` when it wants more of them, or has a
 * specifier that programs may not use.
 */
export function formatMessage(
  memory: Memory,
  format: Uint8Array,
  words: readonly bigint[],
): string | undefined {
  return formatPrintk(cString(format), (specifier, index) => {
    const word = words[index];
    return word === undefined ? undefined : formatWord(memory, word, specifier);
  });
}

function formatWord(memory: Memory, word: bigint, specifier: PrintkSpecifier): string {
  const { kind, pointer } = specifier;
  if (kind === "p") return formatPointer(memory, word, pointer);
  if (kind === "s") return textAt(memory, word);
  if (kind === "c") return String.fromCharCode(Number(word & 0xffn));
  return formatPrintkInteger(word, specifier);
}

function formatPointer(memory: Memory, word: bigint, pointer: string): string {
  if (pointer === "ks" || pointer === "us") return textAt(memory, word);
  if (pointer === "i4" || pointer === "I4") return [...memory.bytes(word, 4)].join(".");
  if (pointer === "i6" || pointer === "I6") return formatIpv6(memory.bytes(word, 16));
  return word.toString(16).padStart(16, "0");
}

function formatIpv6(bytes: Uint8Array): string {
  const parts = Array.from({ length: 8 }, (_, index) =>
    ((bytes[2 * index]! << 8) | bytes[2 * index + 1]!).toString(16).padStart(4, "0"),
  );
  return parts.join(":");
}

/** Text up to its zero byte; empty when it cannot be read. */
export function textAt(memory: Memory, address: bigint): string {
  const bytes: number[] = [];
  try {
    for (let index = 0; index < longestText; index++) {
      const byte = Number(memory.load(address + BigInt(index), 1));
      if (byte === 0) break;
      bytes.push(byte);
    }
  } catch (error) {
    if (!(error instanceof MachineFault)) throw error;
  }
  return new TextDecoder().decode(Uint8Array.from(bytes));
}
