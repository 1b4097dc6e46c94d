/**
 * Numbers of the instruction set: one table for each family of instructions.
 *
 * A row holds what the family's operations differ in: bits of the opcode, fields that are part of the operation, and
 * the sign that stands for it in text. Everything that encodes, decodes, prints or parses reads these tables.
 * The sections are those of RFC 9669; what it does not have is from include/uapi/linux/bpf.h of Linux 6.18.
 *
 * ```
 *  bit  63              32 31      16 15  12 11   8 7      0
 *      +------------------+----------+------+------+--------+
 *      |       imm        |  offset  | src  | dst  | opcode |   §3.1, little endian
 *      +------------------+----------+------+------+--------+
 * ```
 * @module
 */
import type {
  AluOperation,
  AtomicOperation,
  Comparison,
  SignedSize,
  Size,
  SwapOrder,
  Width,
} from "./instruction.ts";
import { isRegister, type Operand } from "./register.ts";

/**
 * Classes, §3.3: the lowest three bits of the opcode.
 *
 * ```
 *   7 6 5 4 3   2 1 0
 *  +----------+-------+
 *  | specific | class |
 *  +----------+-------+
 * ```
 */
export const ld = 0x00;
/** Loads, see {@link ld}. */
export const ldx = 0x01;
/** Stores of a number, see {@link ld}. */
export const st = 0x02;
/** Stores of a register and atomics, see {@link ld}. */
export const stx = 0x03;
/** 32-bit arithmetic, see {@link ld}. */
export const alu32 = 0x04;
/** Jumps that compare 64 bits, see {@link ld}. */
export const jmp64 = 0x05;
/** Jumps that compare 32 bits, see {@link ld}. */
export const jmp32 = 0x06;
/** 64-bit arithmetic, see {@link ld}. */
export const alu64 = 0x07;

/**
 * Source bit of arithmetic and jumps, §4: set when the source is a register (X), clear when it is `imm` (K).
 *
 * ```
 *   7 6 5 4   3   2 1 0
 *  +--------+---+-------+
 *  |  code  | s | class |
 *  +--------+---+-------+
 * ```
 */
export const registerSource = 0x08;

/** The {@link registerSource} bit as `operand` needs it. */
export function sourceBit(operand: Operand): number {
  return isRegister(operand) ? registerSource : 0;
}

/** Class of arithmetic of this width, §4.1. */
export function aluClass(width: Width): number {
  return width === 64 ? alu64 : alu32;
}

/** Class of comparing jumps of this width, §4.3. */
export function jumpClass(width: Width): number {
  return width === 64 ? jmp64 : jmp32;
}

/** Row of {@link aluOperations}. */
export interface AluRow {
  /** Bits 4 to 7 of the opcode, in place. */
  readonly code: number;
  /** Value of the `offset` field, which tells the signed divisions from the unsigned ones. */
  readonly offset: number;
  readonly symbol: string;
}

/** Two-operand arithmetic, §4.1. */
export const aluOperations: { readonly [Op in AluOperation]: AluRow } = {
  add: { code: 0x00, offset: 0, symbol: "+=" },
  sub: { code: 0x10, offset: 0, symbol: "-=" },
  mul: { code: 0x20, offset: 0, symbol: "*=" },
  div: { code: 0x30, offset: 0, symbol: "/=" },
  sdiv: { code: 0x30, offset: 1, symbol: "s/=" },
  or: { code: 0x40, offset: 0, symbol: "|=" },
  and: { code: 0x50, offset: 0, symbol: "&=" },
  lsh: { code: 0x60, offset: 0, symbol: "<<=" },
  rsh: { code: 0x70, offset: 0, symbol: ">>=" },
  mod: { code: 0x90, offset: 0, symbol: "%=" },
  smod: { code: 0x90, offset: 1, symbol: "s%=" },
  xor: { code: 0xa0, offset: 0, symbol: "^=" },
  mov: { code: 0xb0, offset: 0, symbol: "=" },
  arsh: { code: 0xc0, offset: 0, symbol: "s>>=" },
};

/** Code of negation, §4.1. */
export const negateCode = 0x80;
/** Code of byte swaps, §4.2. */
export const swapCode = 0xd0;
/** `offset` of a `mov` that casts between address spaces: `BPF_ADDR_SPACE_CAST`. */
export const addressSpaceCastOffset = 1;
/** `offset` of a `mov` that finds per-CPU data: `BPF_ADDR_PERCPU` in include/linux/filter.h. */
export const percpuAddressOffset = -1;

/** Opcodes of the byte swaps, §4.2: class and source bit tell the order. The width is in `imm`. */
export const swapOpcodes: { readonly [Order in SwapOrder]: number } = {
  le: swapCode | alu32,
  be: swapCode | registerSource | alu32,
  bswap: swapCode | alu64,
};

/** `offset` of a sign-extending move, §4.1 MOVSX: the number of bits that are moved. */
export const moveSignExtendedOffsets: { readonly [From in SignedSize]: number } = {
  s8: 8,
  s16: 16,
  s32: 32,
};

/**
 * Sizes of accesses to memory, §5, in place.
 *
 * ```
 *   7 6 5   4 3   2 1 0
 *  +------+-----+-------+
 *  | mode | sz  | class |
 *  +------+-----+-------+
 * ```
 */
export const sizes: { readonly [S in Size]: number } = {
  u32: 0x00,
  u16: 0x08,
  u8: 0x10,
  u64: 0x18,
};

/** Size bits of sign-extending loads, §5.2, in place. */
export const signedSizes: { readonly [S in SignedSize]: number } = {
  s32: 0x00,
  s16: 0x08,
  s8: 0x10,
};

/** Mode of wide loads, §5.4; the modes stand in bits 5 to 7, see {@link sizes}. */
export const imm = 0x00;
/** Mode of packet loads at a fixed place, §5.5. */
export const abs = 0x20;
/** Mode of packet loads at a place in a register, §5.5. */
export const ind = 0x40;
/** Mode of plain accesses, §5.1. */
export const mem = 0x60;
/** Mode of sign-extending loads, §5.2. */
export const memsx = 0x80;
/** Mode of atomics, §5.3. */
export const atomic = 0xc0;

/** Opcode of the wide load, §5.4. */
export const wideLoadOpcode: number = ld | imm | sizes.u64;
/** Opcode of the barrier that the kernel puts into programs: `BPF_NOSPEC` in include/linux/filter.h. */
export const nospecOpcode: number = st | 0xc0;

/** Row of {@link atomicOperations}. */
export interface AtomicRow {
  /** Value of the `imm` field, which holds the operation. */
  readonly imm: number;
  /** How it is written in text: with an operator, or as a function. */
  readonly symbol: string;
}

/** Atomics, §5.3. Bit 0 is FETCH: the old value is returned. */
export const atomicOperations: { readonly [Op in AtomicOperation]: AtomicRow } = {
  add: { imm: 0x00, symbol: "+=" },
  or: { imm: 0x40, symbol: "|=" },
  and: { imm: 0x50, symbol: "&=" },
  xor: { imm: 0xa0, symbol: "^=" },
  fetch_add: { imm: 0x01, symbol: "fetch_add" },
  fetch_or: { imm: 0x41, symbol: "fetch_or" },
  fetch_and: { imm: 0x51, symbol: "fetch_and" },
  fetch_xor: { imm: 0xa1, symbol: "fetch_xor" },
  xchg: { imm: 0xe1, symbol: "xchg" },
  cmpxchg: { imm: 0xf1, symbol: "cmpxchg" },
};

/** `imm` of a load with acquire ordering: `BPF_LOAD_ACQ`. */
export const loadAcquireImm = 0x100;
/** `imm` of a store with release ordering: `BPF_STORE_REL`. */
export const storeReleaseImm = 0x110;

/** Row of {@link comparisons}. */
export interface ComparisonRow {
  /** Bits 4 to 7 of the opcode, in place. */
  readonly code: number;
  readonly symbol: string;
}

/** Comparing jumps, §4.3. */
export const comparisons: { readonly [Op in Comparison]: ComparisonRow } = {
  eq: { code: 0x10, symbol: "==" },
  gt: { code: 0x20, symbol: ">" },
  ge: { code: 0x30, symbol: ">=" },
  set: { code: 0x40, symbol: "&" },
  ne: { code: 0x50, symbol: "!=" },
  sgt: { code: 0x60, symbol: "s>" },
  sge: { code: 0x70, symbol: "s>=" },
  lt: { code: 0xa0, symbol: "<" },
  le: { code: 0xb0, symbol: "<=" },
  slt: { code: 0xc0, symbol: "s<" },
  sle: { code: 0xd0, symbol: "s<=" },
};

/** Opcode of the jump with 16 bits of distance in `offset`, §4.3. */
export const jumpOpcode: number = 0x00 | jmp64;
/** Opcode of the jump with 32 bits of distance in `imm`, §4.3. */
export const longJumpOpcode: number = 0x00 | jmp32;
/** Opcode of `may_goto`: `BPF_JMP | BPF_JCOND`, with `BPF_MAY_GOTO` (0) as source register. */
export const mayGotoOpcode: number = 0xe0 | jmp64;
/** Opcode of every call, §4.3; the source register tells what is called. */
export const callOpcode: number = 0x80 | jmp64;
/** Opcode of the return, §4.3. */
export const exitOpcode: number = 0x90 | jmp64;

/** Source register of a call, §4.3: a helper, a function of the program, a function of the kernel. */
export const callSources = { helper: 0, local: 1, kfunc: 2 } as const;

/** Source register of a wide load, §5.4: what `imm` and the `imm` of the second slot mean. */
export const wideSources = {
  number: 0,
  mapFd: 1,
  mapFdValue: 2,
  btfId: 3,
  function: 4,
  mapIndex: 5,
  mapIndexValue: 6,
} as const;
