/**
 * Helpers that print, and those that make and read text.
 * @module
 */
import { failed } from "../errno.ts";
import type { Machine } from "../vm/machine.ts";
import { type HelperGroup, readable, u32Of, u64Of, writable } from "./context.ts";
import { formatMessage } from "./format.ts";
import { wordsOf } from "./tracing.ts";

const encoder = new TextEncoder();

/** kernel/trace/bpf_trace.c and kernel/bpf/helpers.c. */
export const printHelpers: HelperGroup = {
  trace_printk: (machine, kernel) => {
    const format = readable(machine, 1, u32Of(machine, 2));
    const words = [u64Of(machine, 3), u64Of(machine, 4), u64Of(machine, 5)];
    const text = formatMessage(kernel.memory, format, words);
    if (text === undefined) return failed.invalid;
    kernel.printed.add(text);
    return encoder.encode(text).length;
  },
  trace_vprintk: (machine, kernel) => {
    const words = wordsOf(machine, kernel, 3);
    const format = readable(machine, 1, u32Of(machine, 2));
    const text = words && formatMessage(kernel.memory, format, words);
    if (text === undefined) return failed.invalid;
    kernel.printed.add(text);
    return encoder.encode(text).length;
  },
  snprintf: (machine, kernel) => {
    const size = u32Of(machine, 2);
    const words = wordsOf(machine, kernel, 4);
    const text = words && formatMessage(kernel.memory, formatAt(machine), words);
    if (text === undefined) return failed.invalid;
    const bytes = encoder.encode(text);
    if (size > 0) {
      const target = writable(machine, 1, size);
      const part = bytes.subarray(0, size - 1);
      target.set(part);
      target[part.length] = 0;
    }
    return bytes.length + 1;
  },
  strtol: (machine) => parseNumber(machine, "signed"),
  strtoul: (machine) => parseNumber(machine, "unsigned"),
};

/** The format of `bpf_snprintf`, which has no length of its own. */
function formatAt(machine: Machine): Uint8Array {
  const region = machine.memory.regionOf(u64Of(machine, 3));
  const offset = region === undefined ? 0 : Number(u64Of(machine, 3) - region.address);
  return region?.bytes.subarray(offset) ?? new Uint8Array();
}

const numberPattern =
  /^(?<blank>\s*)(?<sign>-?)(?<prefix>0[xX](?=[0-9a-fA-F]))?(?<digits>[0-9a-zA-Z]+)/;

/** As __bpf_strtoull of kernel/bpf/helpers.c: characters read, -EINVAL or -ERANGE. */
function parseNumber(machine: Machine, kind: "signed" | "unsigned"): number {
  const text = new TextDecoder().decode(readable(machine, 1, u32Of(machine, 2))).split("\0")[0]!;
  const flags = Number(u64Of(machine, 3));
  if (![0, 8, 10, 16].includes(flags)) return failed.invalid;
  const found = numberPattern.exec(text)?.groups;
  if (found === undefined) return failed.invalid;
  const { blank = "", sign = "", prefix = "", digits = "" } = found;
  if (sign === "-" && kind === "unsigned") return failed.invalid;
  const isHex = prefix !== "" && (flags === 0 || flags === 16);
  const radix = flags !== 0 ? flags : isHex ? 16 : digits.startsWith("0") ? 8 : 10;
  const own = new RegExp(`^[${"0123456789abcdef".slice(0, radix)}]*`, "i").exec(
    prefix !== "" && !isHex ? "0" : digits,
  )![0];
  if (own === "") return failed.invalid;
  const amount = Array.from(own).reduce(
    (sum, it) => sum * BigInt(radix) + BigInt(parseInt(it, 16)),
    0n,
  );
  const value = sign === "-" ? -amount : amount;
  const limit = kind === "signed" ? 2n ** 63n : 2n ** 64n;
  if (value >= limit || value < -limit) return failed.range;
  machine.memory.store(u64Of(machine, 4), 8, BigInt.asUintN(64, value));
  return blank.length + sign.length + (isHex ? prefix.length : 0) + own.length;
}
