/**
 * What each opcode means: for each one a function from the fields of its slot to the instruction.
 *
 * The table is turned round from the tables of `opcode.ts`, so that no number stands twice. A decoder returns the
 * reason as text when the fields make no instruction; only `decode.ts` knows where in a program that is.
 * @module
 */
import type { Address, AluOperation, Instruction, Size, SwapOrder, Width } from "./instruction.ts";
import * as bits from "./opcode.ts";
import { registers, type Register } from "./register.ts";
import type { Slot } from "./slot.ts";

/** Whether instructions are as somebody wrote them, or as a kernel shows them. */
export type Origin = "program" | "kernel";

/** Fields of a slot; `next` is the `imm` of the second slot of a wide load, else 0. */
export type Fields = Slot & { readonly next: number };

/** The instruction, or why there is none. */
export type Decoder = (fields: Fields, origin: Origin) => Instruction | string;

/** The decoder of `opcode`; `undefined` when no instruction has it. */
export function decoderOf(opcode: number): Decoder | undefined {
  return decoders[opcode];
}

type Field = "dst" | "src" | "offset" | "imm" | "next";
const decoders: (Decoder | undefined)[] = Array.from({ length: 256 });

/** Enters the decoder of an opcode that uses the fields `used`. */
function define(opcode: number, used: readonly Field[], decoder: Decoder): void {
  const unused = fieldNames.filter((field) => !used.includes(field));
  decoders[opcode] = (fields, origin) =>
    wrongField(fields, origin === "program" ? unused : []) ?? decoder(fields, origin);
}

const fieldNames: readonly Field[] = ["dst", "src", "offset", "imm", "next"];

/** What is wrong with the fields, whatever they mean. */
function wrongField(fields: Fields, unused: readonly Field[]): string | undefined {
  for (const field of unused) {
    if (fields[field] !== 0) return `${field} is ${fields[field]}, but not used and must be zero`;
  }
  if (fields.dst >= registers.length) return `no register ${fields.dst}`;
  if (fields.src >= registers.length) return `no register ${fields.src}`;
  return undefined;
}

const register = (number: number): Register => registers[number]!;
const entries = <Key extends string, Row>(table: { readonly [K in Key]: Row }): [Key, Row][] =>
  Object.entries(table) as [Key, Row][];
const widths: readonly Width[] = [32, 64];

// Arithmetic, RFC 9669 §4.1. `offset` is part of the operation.
for (const [op, { code, offset: variant }] of entries(bits.aluOperations)) {
  if (op !== "mov" && variant === 0) defineAlu(code);
}

function defineAlu(code: number): void {
  const rows = entries(bits.aluOperations).filter(([, row]) => row.code === code);
  const operations = new Map(rows.map(([op, row]) => [row.offset, op]));
  const variant: Field[] = operations.size === 1 ? [] : ["offset"];
  for (const width of widths) {
    const opcode = code | bits.aluClass(width);
    define(opcode, ["dst", "imm", ...variant], ({ dst, offset, imm }) =>
      alu(operations.get(offset), width, register(dst), imm),
    );
    define(opcode | bits.registerSource, ["dst", "src", ...variant], ({ dst, src, offset }) =>
      alu(operations.get(offset), width, register(dst), register(src)),
    );
  }
}

function alu(
  op: AluOperation | undefined,
  width: Width,
  dst: Register,
  src: Register | number,
): Instruction | string {
  return op === undefined ? "no operation has this offset" : { kind: "alu", op, width, dst, src };
}

// Moves: copies, with the sign extended, between address spaces, and of per-CPU addresses.
for (const width of widths) {
  const opcode = bits.aluOperations.mov.code | bits.aluClass(width);
  define(opcode, ["dst", "imm"], ({ dst, imm }) => alu("mov", width, register(dst), imm));
  define(opcode | bits.registerSource, ["dst", "src", "offset", "imm"], (fields, origin) =>
    move(fields, width, origin),
  );
}

function move(fields: Fields, width: Width, origin: Origin): Instruction | string {
  const { offset, imm } = fields;
  const [dst, src] = [register(fields.dst), register(fields.src)];
  if (width === 64 && offset === bits.addressSpaceCastOffset) {
    return { kind: "addr-space-cast", dst, src, to: imm >>> 16, from: imm & 0xffff };
  }
  // The kernel marks the moves that it adds to clear upper halves with imm 1.
  if (imm !== 0 && origin === "program") return `imm is ${imm}, but not used and must be zero`;
  if (offset === 0) return alu("mov", width, dst, src);
  if (width === 64 && offset === bits.percpuAddressOffset) {
    return { kind: "percpu-address", dst, src };
  }
  const from = entries(bits.moveSignExtendedOffsets).find(([, length]) => length === offset)?.[0];
  if (from === undefined || (width === 32 && from === "s32")) {
    return `no move of ${width} bits has offset ${offset}`;
  }
  return { kind: "movsx", width, from, dst, src };
}

for (const width of widths) {
  define(bits.negateCode | bits.aluClass(width), ["dst"], ({ dst }) => ({
    kind: "negate",
    width,
    dst: register(dst),
  }));
}

// Byte swaps, §4.2.
for (const [order, opcode] of entries(bits.swapOpcodes)) {
  define(opcode, ["dst", "imm"], ({ dst, imm }) => swap(order, imm, register(dst)));
}

function swap(order: SwapOrder, bits: number, dst: Register): Instruction | string {
  if (bits !== 16 && bits !== 32 && bits !== 64) return `no swap of ${bits} bits`;
  return { kind: "byte-swap", order, bits, dst };
}

// Loads and stores, §5.1 and §5.2.
for (const [size, code] of entries(bits.sizes)) {
  define(bits.mem | code | bits.ldx, ["dst", "src", "offset"], ({ dst, src, offset }) => ({
    kind: "load",
    size,
    dst: register(dst),
    base: register(src),
    offset,
  }));
  define(bits.mem | code | bits.st, ["dst", "offset", "imm"], ({ dst, offset, imm }) => ({
    kind: "store",
    size,
    base: register(dst),
    offset,
    src: imm,
  }));
  define(bits.mem | code | bits.stx, ["dst", "src", "offset"], ({ dst, src, offset }) => ({
    kind: "store",
    size,
    base: register(dst),
    offset,
    src: register(src),
  }));
}

for (const [size, code] of entries(bits.signedSizes)) {
  define(bits.memsx | code | bits.ldx, ["dst", "src", "offset"], ({ dst, src, offset }) => ({
    kind: "load",
    size,
    dst: register(dst),
    base: register(src),
    offset,
  }));
}

// Atomics, §5.3: `imm` is the operation.
const atomicByImm = new Map(entries(bits.atomicOperations).map(([op, row]) => [row.imm, op]));
for (const [size, code] of entries(bits.sizes)) {
  define(bits.atomic | code | bits.stx, ["dst", "src", "offset", "imm"], (fields) =>
    atomic(fields, size),
  );
}

function atomic({ dst, src, offset, imm }: Fields, size: Size): Instruction | string {
  if (imm === bits.loadAcquireImm) {
    return { kind: "load-acquire", size, dst: register(dst), base: register(src), offset };
  }
  if (imm === bits.storeReleaseImm) {
    return { kind: "store-release", size, base: register(dst), offset, src: register(src) };
  }
  const op = atomicByImm.get(imm);
  if (op === undefined) return `no atomic operation ${imm}`;
  if (size !== "u32" && size !== "u64") return `atomic ${op} works on 4 and 8 bytes only`;
  return { kind: "atomic", op, size, base: register(dst), offset, src: register(src) };
}

// Wide loads, §5.4: the source register tells what is loaded.
define(bits.wideLoadOpcode, ["dst", "src", "imm", "next"], (fields, origin) => {
  const { dst, src, next } = fields;
  const value = wideValues[src];
  if (value === undefined) return `source register ${src} stands for nothing`;
  if (next !== 0 && oneNumber.includes(src) && origin === "program") {
    return `second imm is ${next}, but not used and must be zero`;
  }
  return { kind: "wide-load", dst: register(dst), value: Object.freeze(value(fields)) };
});

type WideSource = (typeof bits.wideSources)[keyof typeof bits.wideSources];
type WideValues = { readonly [Source in WideSource]: (fields: Fields) => bigint | Address };

const wideValues: WideValues & { readonly [other: number]: WideValues[WideSource] | undefined } = {
  [bits.wideSources.number]: ({ imm, next }) => (BigInt(next >>> 0) << 32n) | BigInt(imm >>> 0),
  [bits.wideSources.mapFd]: ({ imm }) => ({ kind: "map-fd", fd: imm }),
  [bits.wideSources.mapFdValue]: ({ imm, next }) => ({
    kind: "map-fd-value",
    fd: imm,
    offset: next,
  }),
  [bits.wideSources.btfId]: ({ imm, next }) => ({ kind: "btf-id", id: imm, object: next }),
  [bits.wideSources.function]: ({ imm }) => ({ kind: "function", target: imm }),
  [bits.wideSources.mapIndex]: ({ imm }) => ({ kind: "map-index", index: imm }),
  [bits.wideSources.mapIndexValue]: ({ imm, next }) => ({
    kind: "map-index-value",
    index: imm,
    offset: next,
  }),
};

/** Sources whose second `imm` says nothing. */
const oneNumber: readonly number[] = [
  bits.wideSources.mapFd,
  bits.wideSources.function,
  bits.wideSources.mapIndex,
];

// Packet loads, §5.5.
for (const size of ["u8", "u16", "u32"] as const) {
  define(bits.ld | bits.abs | bits.sizes[size], ["imm"], ({ imm }) => ({
    kind: "packet-load",
    size,
    offset: imm,
  }));
  define(bits.ld | bits.ind | bits.sizes[size], ["src", "imm"], ({ src, imm }) => ({
    kind: "packet-load",
    size,
    index: register(src),
    offset: imm,
  }));
}

// Jumps, §4.3.
define(bits.jumpOpcode, ["offset"], ({ offset }) => ({ kind: "jump", target: offset }));
define(bits.longJumpOpcode, ["imm"], ({ imm }) => ({ kind: "long-jump", target: imm }));
define(bits.mayGotoOpcode, ["offset"], ({ offset }) => ({ kind: "may-goto", target: offset }));
define(bits.exitOpcode, [], () => ({ kind: "exit" }));

for (const [op, { code }] of entries(bits.comparisons)) {
  for (const width of widths) {
    const opcode = code | bits.jumpClass(width);
    define(opcode, ["dst", "offset", "imm"], ({ dst, offset, imm }) => ({
      kind: "jump-if",
      op,
      width,
      dst: register(dst),
      src: imm,
      target: offset,
    }));
    define(opcode | bits.registerSource, ["dst", "src", "offset"], ({ dst, src, offset }) => ({
      kind: "jump-if",
      op,
      width,
      dst: register(dst),
      src: register(src),
      target: offset,
    }));
  }
}

// Calls, §4.3: the source register tells what is called.
define(bits.callOpcode, ["src", "offset", "imm"], (fields, origin) => {
  if (fields.src === bits.callSources.kfunc) return callKfunc(fields);
  if (fields.offset !== 0 && origin === "program") {
    return `offset is ${fields.offset}, but not used and must be zero`;
  }
  if (fields.src === bits.callSources.helper) return { kind: "call-helper", id: fields.imm };
  if (fields.src === bits.callSources.local) return callLocal(fields);
  return `source register ${fields.src} stands for nothing`;
});

function callKfunc({ offset, imm }: Fields): Instruction {
  const call = { kind: "call-kfunc", function: imm } as const;
  return offset === 0 ? call : { ...call, module: offset };
}

/** In programs that the kernel shows, `offset` is the distance, and `imm` the number of the function. */
function callLocal({ offset, imm }: Fields): Instruction {
  return { kind: "call-local", target: offset === 0 ? imm : offset };
}

// What only a kernel puts into programs.
define(bits.nospecOpcode, [], () => ({ kind: "nospec" }));
