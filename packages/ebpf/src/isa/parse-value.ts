/**
 * What can stand behind `register =` in the kernel's notation.
 *
 * Moves of registers and numbers are told by their first sign; everything else starts with a word, and a table says
 * which function reads on.
 * @module
 */
import { didYouMean } from "../base/text.ts";
import type { Address, AtomicOperation, Instruction, Width } from "./instruction.ts";
import * as bits from "./opcode.ts";
import {
  bySymbol,
  isSignedSize,
  maxInt,
  maxUnsigned,
  minInt,
  parseCast,
  parsePlace,
  parseSigned,
  parseUnsignedCast,
} from "./parse-operand.ts";
import type { Register } from "./register.ts";
import type { Scanner } from "./scanner.ts";

/**
 * The instruction that gives `dst` the value that starts here.
 * @throws {MalformedError} when there is none.
 */
export function parseMove(scanner: Scanner, dst: Register, width: Width): Instruction {
  if (scanner.take(/-(?=[rw]\d)/y)) return parseNegate(scanner, dst, width);
  if (scanner.take(/(?=[-\d])/y)) return parseNumber(scanner, dst, width);
  if (scanner.take(/(?=\(\s*s\d)/y)) return parseMoveSignExtended(scanner, dst, width);
  if (scanner.take(/(?=[rw]\d)/y)) {
    return { kind: "alu", op: "mov", width, dst, src: scanner.register(width) };
  }
  if (width === 32) throw scanner.expected("a half register or a number");
  if (scanner.accept("*")) return parseLoad(scanner, dst);
  if (scanner.accept("&")) return parsePercpuAddress(scanner, dst);
  return parseNamedValue(scanner, dst);
}

function parseNegate(scanner: Scanner, dst: Register, width: Width): Instruction {
  const at = scanner.column - 1;
  if (scanner.register(width) === dst) return { kind: "negate", width, dst };
  throw scanner.fail("negation is in place: the register must be the same on both sides", {}, at);
}

/** Decimal digits make a move, hexadecimal ones (or `ll` behind) a wide load. */
function parseNumber(scanner: Scanner, dst: Register, width: Width): Instruction {
  const wide = width === 64 ? scanner.take(/(-?)(0x[\da-f]+|\d+(?=\s*ll\b))/iy) : undefined;
  if (wide === undefined) {
    const src = scanner.integer(minInt, width === 64 ? maxInt : maxUnsigned) | 0;
    return { kind: "alu", op: "mov", width, dst, src };
  }
  scanner.accept("ll");
  const value = BigInt(wide[2]!) * (wide[1] === "-" ? -1n : 1n);
  const unsigned = BigInt.asUintN(64, value);
  if (unsigned === value || BigInt.asIntN(64, value) === value) {
    return { kind: "wide-load", dst, value: unsigned };
  }
  throw scanner.fail(`${wide[0]} does not fit into 64 bits`, {}, wide.index);
}

function parseMoveSignExtended(scanner: Scanner, dst: Register, width: Width): Instruction {
  scanner.expect("(");
  const at = scanner.column - 1;
  const from = scanner.name() ?? "";
  if (!isSignedSize(from) || (width === 32 && from === "s32")) {
    const sizes = width === 64 ? "s8, s16 or s32" : "s8 or s16";
    throw scanner.fail(`expected ${sizes}, not "${from}"`, {}, at);
  }
  scanner.expect(")");
  return { kind: "movsx", width, from, dst, src: scanner.register(width) };
}

/** `*(u64 *)(r6 +16)` or `*(u8 *)skb[14]`, after the star. */
function parseLoad(scanner: Scanner, dst: Register): Instruction {
  const at = scanner.column - 1;
  const size = parseCast(scanner);
  if (scanner.accept("skb")) {
    if (dst === "r0" && size in packetSizes) return parsePacketLoad(scanner, size as PacketSize);
    throw scanner.fail("packet loads are r0 = *(u8 *)skb[…], with u8, u16 or u32", {}, at);
  }
  return { kind: "load", size, dst, ...parsePlace(scanner) };
}

type PacketSize = "u8" | "u16" | "u32";
const packetSizes: { readonly [S in PacketSize]: true } = { u8: true, u16: true, u32: true };

function parsePacketLoad(scanner: Scanner, size: PacketSize): Instruction {
  scanner.expect("[");
  const index = scanner.acceptRegister()?.register;
  if (index !== undefined) scanner.expect("+");
  const offset = scanner.integer(minInt, maxInt);
  scanner.expect("]");
  return { kind: "packet-load", size, ...(index === undefined ? {} : { index }), offset };
}

/** `(void __percpu *)(r1)`, after the ampersand. */
function parsePercpuAddress(scanner: Scanner, dst: Register): Instruction {
  scanner.expect("(", "void", "__percpu", "*", ")", "(");
  const src = scanner.register();
  scanner.expect(")");
  return { kind: "percpu-address", dst, src };
}

type Value = (scanner: Scanner, dst: Register) => Instruction;

/** A value that starts with a word: an address, a byte swap, or something written as a function. */
function parseNamedValue(scanner: Scanner, dst: Register): Instruction {
  const at = scanner.column - 1;
  const word = scanner.name() ?? "";
  const value = values.get(word);
  if (value !== undefined) return value(scanner, dst);
  if (word === "") throw scanner.expected("a value");
  const hint = didYouMean(word, values.keys());
  throw scanner.fail(`no value "${word}"`, hint === undefined ? {} : { hint }, at);
}

const values: ReadonlyMap<string, Value> = new Map<string, Value>([
  ["map", (scanner, dst) => wideLoad(dst, parseMap(scanner))],
  ["btf", (scanner, dst) => wideLoad(dst, parseVariable(scanner))],
  ["subprog", (scanner, dst) => wideLoad(dst, parseFunction(scanner))],
  ["addr_space_cast", parseAddressSpaceCast],
  ["load_acquire", parseLoadAcquire],
  ...[16, 32, 64].flatMap((bits) =>
    ["le", "be", "bswap"].map((order): [string, Value] => [
      `${order}${bits}`,
      (scanner, dst) => parseSwap(scanner, dst, { order, bits } as Swap),
    ]),
  ),
  ...[...bySymbol(bits.atomicOperations)]
    .filter(([symbol]) => !symbol.endsWith("="))
    .flatMap(([symbol, op]): [string, Value][] => [
      [`atomic_${symbol}`, (scanner, dst) => parseFetch(scanner, dst, { op, size: "u32" })],
      [`atomic64_${symbol}`, (scanner, dst) => parseFetch(scanner, dst, { op, size: "u64" })],
    ]),
]);

function wideLoad(dst: Register, value: Address): Instruction {
  return { kind: "wide-load", dst, value: Object.freeze(value) };
}

/** `[id:4]`, `[index:4]` or `[name]`, each with `[0]+16` behind it when it is about the value. */
function parseMap(scanner: Scanner): Address {
  scanner.expect("[");
  const way = scanner.take(/(id|index):/y)?.[1];
  const number = way === undefined ? 0 : scanner.integer(minInt, maxUnsigned) | 0;
  const name = way === undefined ? scanner.take(/[^\]\s]+/y)?.[0] : "";
  if (name === undefined) throw scanner.expected("id:, index: or the name of a map");
  scanner.expect("]");
  const offset = parseValueOffset(scanner);
  if (way === undefined) {
    return offset === undefined ? { kind: "map", name } : { kind: "map-value", name, offset };
  }
  if (way === "id") {
    return offset === undefined
      ? { kind: "map-fd", fd: number }
      : { kind: "map-fd-value", fd: number, offset };
  }
  return offset === undefined
    ? { kind: "map-index", index: number }
    : { kind: "map-index-value", index: number, offset };
}

/** `[0]+16`; the kernel prints the offset without a sign. */
function parseValueOffset(scanner: Scanner): number | undefined {
  if (!scanner.accept("[")) return undefined;
  scanner.expect("0", "]");
  return parseSigned(scanner, minInt, maxUnsigned) | 0;
}

/** `[name]`, `[id:7]` or `[id:7,object:3]` */
function parseVariable(scanner: Scanner): Address {
  scanner.expect("[");
  if (!scanner.accept("id:")) {
    const name = scanner.name();
    if (name === undefined) throw scanner.expected("id: or the name of a kernel variable");
    scanner.expect("]");
    return { kind: "variable", name };
  }
  const id = scanner.integer(minInt, maxInt);
  const object = scanner.accept(",")
    ? (scanner.expect("object:"), scanner.integer(minInt, maxInt))
    : 0;
  scanner.expect("]");
  return { kind: "btf-id", id, object };
}

/** `[+3]` or `[name]` */
function parseFunction(scanner: Scanner): Address {
  scanner.expect("[");
  const target = scanner.name() ?? parseSigned(scanner, minInt, maxInt);
  scanner.expect("]");
  return { kind: "function", target };
}

function parseAddressSpaceCast(scanner: Scanner, dst: Register): Instruction {
  scanner.expect("(");
  const src = scanner.register();
  scanner.expect(",");
  const to = scanner.integer(0, 0xffff);
  scanner.expect(",");
  const from = scanner.integer(0, 0xffff);
  scanner.expect(")");
  return { kind: "addr-space-cast", dst, src, to, from };
}

function parseLoadAcquire(scanner: Scanner, dst: Register): Instruction {
  scanner.expect("(");
  const size = parseUnsignedCast(scanner);
  const place = parsePlace(scanner);
  scanner.expect(")");
  return { kind: "load-acquire", size, dst, ...place };
}

interface Swap {
  readonly order: "le" | "be" | "bswap";
  readonly bits: 16 | 32 | 64;
}

function parseSwap(scanner: Scanner, dst: Register, swap: Swap): Instruction {
  const at = scanner.column - 1;
  if (scanner.register() === dst) return { kind: "byte-swap", ...swap, dst };
  throw scanner.fail("swaps are in place: the register must be the same on both sides", {}, at);
}

interface Fetch {
  readonly op: AtomicOperation;
  readonly size: "u32" | "u64";
}

/** `((u64 *)(r6 +0), r1)`, or `((u64 *)(r6 +0), r0, r1)` for cmpxchg. */
function parseFetch(scanner: Scanner, dst: Register, { op, size }: Fetch): Instruction {
  scanner.expect("(", "(", size, "*", ")");
  const place = parsePlace(scanner);
  scanner.expect(",");
  if (op === "cmpxchg") scanner.expect("r0", ",");
  const at = scanner.column - 1;
  const src = scanner.register();
  const old = op === "cmpxchg" ? "r0" : src;
  if (old !== dst) throw scanner.fail(`the old value goes to ${old}, not to ${dst}`, {}, at);
  scanner.expect(")");
  return { kind: "atomic", op, size, ...place, src };
}
