/**
 * Text of formats as `bpf_trace_printk`, `bpf_snprintf` and `bpf_seq_printf` make it (bpf_bprintf_prepare of
 * kernel/bpf/helpers.c).
 * @module
 */
import { cString } from "../../base/bytes.ts";
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
  let used = 0;
  let isBad = false;
  const text = cString(format).replaceAll(specifier, (...match) => {
    const { percent, width, size, kind, pointer } = match.at(-1) as Groups;
    if (percent !== undefined) return "%";
    const word = words[used++];
    if (word === undefined || kind === undefined) isBad = true;
    if (isBad) return "";
    return formatWord(memory, word!, { width, size, kind: kind!, pointer });
  });
  return isBad ? undefined : text;
}

interface Groups {
  readonly percent: string | undefined;
  readonly width?: string | undefined;
  readonly size?: string | undefined;
  readonly kind?: string | undefined;
  readonly pointer?: string | undefined;
}

const specifier =
  /%(?:(?<percent>%)|(?<width>[-+ #0]*\d*)(?<size>ll|l|hh|h)?(?<kind>[duxXscip])(?<pointer>ks|us|[iI][46]|[KxsSB])?|.?)/g;

interface Specifier {
  readonly width: string | undefined;
  readonly size: string | undefined;
  readonly kind: string;
  readonly pointer: string | undefined;
}

function formatWord(
  memory: Memory,
  word: bigint,
  { width, size, kind, pointer }: Specifier,
): string {
  const isPointer = kind === "p";
  // Letters behind others than pointers are text.
  const rest = isPointer || pointer === undefined ? "" : pointer;
  const text = isPointer
    ? formatPointer(memory, word, pointer)
    : kind === "s"
      ? textAt(memory, word)
      : kind === "c"
        ? String.fromCharCode(Number(word & 0xffn))
        : formatInteger(word, size === "l" || size === "ll" ? 64 : 32, kind);
  return pad(text, width) + rest;
}

function formatInteger(word: bigint, bits: number, kind: string): string {
  if (kind === "d" || kind === "i") return String(BigInt.asIntN(bits, word));
  const unsigned = BigInt.asUintN(bits, word);
  if (kind === "u") return String(unsigned);
  const digits = unsigned.toString(16);
  return kind === "X" ? digits.toUpperCase() : digits;
}

function formatPointer(memory: Memory, word: bigint, pointer: string | undefined): string {
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

function pad(text: string, width = ""): string {
  const count = Number(/\d+$/.exec(width.replace(/^[-+ #0]*/, ""))?.[0] ?? 0);
  if (width.startsWith("-")) return text.padEnd(count);
  return text.padStart(count, width.startsWith("0") ? "0" : " ");
}
