import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fromHex, hex } from "../../base/bytes.ts";
import { encode } from "../../isa/encode.ts";
import { parse } from "../../isa/parse.ts";
import type { InstructionKind } from "../../isa/instruction.ts";
import { createMachine } from "./create-machine.ts";
import type { Engine } from "./machine.ts";

/**
 * A program in the kernel's notation without its exit, what r0 is at the end, and what is in the memory that r1 points to
 * (with its length in r2) before and after.
 */
type Vector = readonly [program: string, result: bigint, before?: string, after?: string];

const max = 0xffff_ffff_ffff_ffffn;
const two = (first: string, second: string): string => `${first}\n${second}`;
const lines = (...all: readonly string[]): string => all.join("\n");
const set = (a: string, b: string, then: string): string =>
  lines(`r0 = ${a} ll`, `r3 = ${b} ll`, then);

/** Every rule of RFC 9669, and what came after it: section by section. */
const vectors: Readonly<Record<string, readonly Vector[]>> = {
  "§4.1 arithmetic with 64 bits": [
    [two("r0 = -1", "r0 += 1"), 0n],
    [two("r0 = 1", "r0 -= 2"), max],
    [two("r0 = -3", "r0 *= 5"), max - 14n],
    [set("0xffffffffffffffff", "0x2", "r0 /= r3"), max >> 1n],
    [set("0x7", "0x0", "r0 /= r3"), 0n],
    [set("0x7", "0x0", "r0 %= r3"), 7n],
    [set("0xffffffffffffffff", "0x10", "r0 %= r3"), 15n],
    [set("0xf0f0", "0x0ff0", "r0 |= r3"), 0xfff0n],
    [set("0xf0f0", "0x0ff0", "r0 &= r3"), 0x00f0n],
    [set("0xf0f0", "0x0ff0", "r0 ^= r3"), 0xff00n],
    [set("0x1", "0x41", "r0 <<= r3"), 2n],
    [set("0x8000000000000000", "0x43", "r0 >>= r3"), 1n << 60n],
    [set("0x8000000000000000", "0x43", "r0 s>>= r3"), 0xf000_0000_0000_0000n],
    [two("r0 = 5", "r0 = -r0"), max - 4n],
    [two("r3 = -2", "r0 = r3"), max - 1n],
  ],
  "§4.1 arithmetic with 32 bits": [
    [two("r0 = -1", "w0 += 1"), 0n],
    [two("r0 = 0", "w0 -= 1"), 0xffff_ffffn],
    [set("0x100000003", "0x100000005", "w0 *= w3"), 15n],
    [set("0xffffffff00000007", "0xffffffff00000002", "w0 /= w3"), 3n],
    [set("0xffffffff00000007", "0xffffffff00000000", "w0 /= w3"), 0n],
    [set("0xffffffff00000007", "0xffffffff00000000", "w0 %= w3"), 7n],
    [set("0x1", "0x21", "w0 <<= w3"), 2n],
    [set("0xffffffff80000000", "0x24", "w0 >>= w3"), 0x0800_0000n],
    [set("0xffffffff80000000", "0x24", "w0 s>>= w3"), 0xf800_0000n],
    [two("r0 = -5", "w0 = -w0"), 5n],
    [two("r3 = -2", "w0 = w3"), 0xffff_fffen],
    [set("0xffffffff0000f0f0", "0xff0", "w0 ^= w3"), 0xff00n],
  ],
  "§4.1 signed division, remainder and moves": [
    [set("0xfffffffffffffff9", "0x2", "r0 s/= r3"), max - 2n],
    [set("0xfffffffffffffff9", "0x2", "r0 s%= r3"), max],
    [set("0x7", "0xfffffffffffffffe", "r0 s%= r3"), 1n],
    [set("0x8000000000000000", "0xffffffffffffffff", "r0 s/= r3"), 1n << 63n],
    [set("0x8000000000000000", "0xffffffffffffffff", "r0 s%= r3"), 0n],
    [set("0x7", "0x0", "r0 s/= r3"), 0n],
    [set("0xfffffffffffffff9", "0x0", "r0 s%= r3"), max - 6n],
    [set("0xfffffff9", "0x2", "w0 s/= w3"), 0xffff_fffdn],
    [set("0x80000000", "0xffffffff", "w0 s/= w3"), 0x8000_0000n],
    [set("0x80000000", "0xffffffff", "w0 s%= w3"), 0n],
    [set("0x0", "0x180", "r0 = (s8)r3"), max - 127n],
    [set("0x0", "0x18000", "r0 = (s16)r3"), max - 32_767n],
    [set("0x0", "0x180000000", "r0 = (s32)r3"), 0xffff_ffff_8000_0000n],
    [set("0x0", "0x180", "w0 = (s8)w3"), 0xffff_ff80n],
    [set("0x0", "0x18000", "w0 = (s16)w3"), 0xffff_8000n],
  ],
  "§4.2 byte swaps": [
    [two("r0 = 0x1122334455667788 ll", "r0 = be16 r0"), 0x8877n],
    [two("r0 = 0x1122334455667788 ll", "r0 = be32 r0"), 0x8877_6655n],
    [two("r0 = 0x1122334455667788 ll", "r0 = be64 r0"), 0x8877_6655_4433_2211n],
    [two("r0 = 0x1122334455667788 ll", "r0 = le16 r0"), 0x7788n],
    [two("r0 = 0x1122334455667788 ll", "r0 = le32 r0"), 0x5566_7788n],
    [two("r0 = 0x1122334455667788 ll", "r0 = le64 r0"), 0x1122_3344_5566_7788n],
    [two("r0 = 0x1122334455667788 ll", "r0 = bswap16 r0"), 0x8877n],
    [two("r0 = 0x1122334455667788 ll", "r0 = bswap32 r0"), 0x8877_6655n],
    [two("r0 = 0x1122334455667788 ll", "r0 = bswap64 r0"), 0x8877_6655_4433_2211n],
  ],
  "§4.3 jumps": [
    ...jumps(),
    [lines("r0 = 1", "goto pc+1", "r0 = 2"), 1n],
    [lines("r0 = 1", "gotol pc+1", "r0 = 2"), 1n],
    [lines("r0 = 1", "goto pc+2", "r0 = 3", "goto pc+1", "goto pc-3"), 3n],
  ],
  "§4.3 calls of local functions": [
    [
      lines(
        "r6 = 3",
        "r1 = 4",
        "call pc+3",
        "r0 += r6",
        "exit",
        "r0 = 9",
        "r6 = 100",
        "r0 = r1",
        "r0 *= 2",
      ),
      11n,
    ],
  ],
  "§5.1 loads and stores": [
    ["r0 = *(u8 *)(r1 +1)", 0xfen, "00fe"],
    ["r0 = *(u16 *)(r1 +0)", 0xfe00n, "00fe"],
    ["r0 = *(u32 *)(r1 +0)", 0x8003_0201n, "01020380"],
    ["r0 = *(u64 *)(r1 +0)", 0x8807_0605_0403_0201n, "0102030405060788"],
    ["r0 = r2", 3n, "aabbcc"],
    [two("*(u8 *)(r1 +1) = -2", "r0 = 0"), 0n, "00000000", "00fe0000"],
    [two("*(u16 *)(r1 +1) = -2", "r0 = 0"), 0n, "00000000", "00feff00"],
    [two("*(u32 *)(r1 +0) = -2", "r0 = 0"), 0n, "00000000", "feffffff"],
    [two("*(u64 *)(r1 +0) = -2", "r0 = 0"), 0n, "0000000000000000", "feffffffffffffff"],
    [lines("r3 = 0x1122334455667788 ll", "*(u16 *)(r1 +0) = r3", "r0 = 0"), 0n, "0000", "8877"],
    [lines("r3 = 7", "*(u64 *)(r10 -8) = r3", "r0 = *(u32 *)(r10 -8)"), 7n],
  ],
  "§5.2 loads that extend the sign": [
    ["r0 = *(s8 *)(r1 +0)", max - 1n, "fe"],
    ["r0 = *(s16 *)(r1 +0)", max - 1n, "feff"],
    ["r0 = *(s32 *)(r1 +0)", max - 1n, "feffffff"],
    ["r0 = *(s32 *)(r1 +0)", 0x7fff_fffen, "feffff7f"],
  ],
  "§5.3 atomic operations with 64 bits": [
    atomic("lock *(u64 *)(r1 +0) += r3", 0n, "0300000000000000"),
    atomic("lock *(u64 *)(r1 +0) |= r3", 0n, "0300000000000000"),
    atomic("lock *(u64 *)(r1 +0) &= r3", 0n, "0000000000000000"),
    atomic("lock *(u64 *)(r1 +0) ^= r3", 0n, "0300000000000000"),
    atomic(two("r3 = atomic64_fetch_add((u64 *)(r1 +0), r3)", "r0 = r3"), 1n, "0300000000000000"),
    atomic(two("r3 = atomic64_fetch_or((u64 *)(r1 +0), r3)", "r0 = r3"), 1n, "0300000000000000"),
    atomic(two("r3 = atomic64_fetch_and((u64 *)(r1 +0), r3)", "r0 = r3"), 1n, "0000000000000000"),
    atomic(two("r3 = atomic64_fetch_xor((u64 *)(r1 +0), r3)", "r0 = r3"), 1n, "0300000000000000"),
    atomic(two("r3 = atomic64_xchg((u64 *)(r1 +0), r3)", "r0 = r3"), 1n, "0200000000000000"),
    atomic("r0 = atomic64_cmpxchg((u64 *)(r1 +0), r0, r3)", 1n, "0100000000000000"),
    atomic(two("r0 = 1", "r0 = atomic64_cmpxchg((u64 *)(r1 +0), r0, r3)"), 1n, "0200000000000000"),
  ],
  "§5.3 atomic operations with 32 bits": [
    atomic("lock *(u32 *)(r1 +0) += r3", 0n, "0300000000000000"),
    atomic(two("r3 = atomic_fetch_add((u32 *)(r1 +0), r3)", "r0 = r3"), 1n, "0300000000000000"),
    atomic(two("r3 = atomic_fetch_or((u32 *)(r1 +0), r3)", "r0 = r3"), 1n, "0300000000000000"),
    atomic(two("r3 = atomic_fetch_and((u32 *)(r1 +0), r3)", "r0 = r3"), 1n, "0000000000000000"),
    atomic(two("r3 = atomic_fetch_xor((u32 *)(r1 +0), r3)", "r0 = r3"), 1n, "0300000000000000"),
    atomic(two("r3 = atomic_xchg((u32 *)(r1 +0), r3)", "r0 = r3"), 1n, "0200000000000000"),
    [
      lines("r0 = -1", "r3 = 2", "r0 = atomic_cmpxchg((u32 *)(r1 +0), r0, r3)"),
      0xffff_ffffn,
      "ffffffff",
      "02000000",
    ],
  ],
  "load-acquire and store-release": [
    ["r0 = load_acquire((u8 *)(r1 +0))", 0xfen, "fe"],
    ["r0 = load_acquire((u16 *)(r1 +0))", 0xfefen, "fefe"],
    ["r0 = load_acquire((u32 *)(r1 +0))", 0xfefe_fefen, "fefefefe"],
    ["r0 = load_acquire((u64 *)(r1 +0))", 0x8807_0605_0403_0201n, "0102030405060788"],
    [
      lines("r3 = 0x1122334455667788 ll", "store_release((u16 *)(r1 +0), r3)", "r0 = 0"),
      0n,
      "0000",
      "8877",
    ],
    [
      lines("r3 = 0x1122334455667788 ll", "store_release((u64 *)(r1 +0), r3)", "r0 = 0"),
      0n,
      "0000000000000000",
      "8877665544332211",
    ],
  ],
  "§5.4 wide loads": [["r0 = 0xffffffff00000001 ll", 0xffff_ffff_0000_0001n]],
};

/** On 1 in memory with 2 in r3. */
function atomic(program: string, result: bigint, after: string): Vector {
  return [lines("r0 = 0", "r3 = 2", program), result, "0100000000000000", after];
}

/** Each comparison, with what makes it hold and what does not, for 64 and 32 bits. */
function jumps(): readonly Vector[] {
  const [small, large, negative] = ["0x1", "0x2", "0xffffffffffffffff"];
  const table: readonly (readonly [op: string, a: string, b: string, holds: boolean])[] = [
    ["==", small, small, true],
    ["==", small, large, false],
    ["!=", small, large, true],
    ["!=", small, small, false],
    [">", negative, small, true],
    [">", small, small, false],
    [">=", small, small, true],
    [">=", small, large, false],
    ["<", small, negative, true],
    ["<", small, small, false],
    ["<=", small, small, true],
    ["<=", large, small, false],
    ["s>", small, negative, true],
    ["s>", negative, small, false],
    ["s>=", small, negative, true],
    ["s>=", negative, small, false],
    ["s<", negative, small, true],
    ["s<", small, negative, false],
    ["s<=", negative, small, true],
    ["s<=", small, negative, false],
    ["&", "0x3", large, true],
    ["&", small, large, false],
  ];
  return table.flatMap(([op, a, b, holds]) =>
    ["r", "w"].map((kind): Vector => {
      const test = `if ${kind}4 ${op} ${kind}3 goto pc+1`;
      return [lines(`r4 = ${a} ll`, `r3 = ${b} ll`, "r0 = 1", test, "r0 = 0"), holds ? 1n : 0n];
    }),
  );
}

const engines: readonly Engine[] = ["interpret", "compile"];
const seen = new Set<InstructionKind>();

function check([program, result, before = "", after = before]: Vector): void {
  const instructions = parse(`${program}\nexit`);
  for (const { kind } of instructions) seen.add(kind);
  const bytes = encode(instructions);
  for (const engine of engines) {
    const machine = createMachine({ engine });
    const memory = fromHex(before);
    const address = memory.length === 0 ? 0n : machine.memory.allocate("memory", memory);
    const found = machine.run(machine.program(bytes), address, BigInt(memory.length));
    assert.equal(found.toString(16), result.toString(16), `${engine}: ${program}`);
    assert.equal(hex(memory), after, `${engine}: ${program}`);
  }
}

describe("the virtual machine follows RFC 9669", () => {
  for (const [section, all] of Object.entries(vectors)) {
    it(section, () => {
      for (const vector of all) check(vector);
    });
  }

  it("with every instruction that is not of Linux alone", () => {
    const expected: readonly InstructionKind[] = [
      "alu",
      "negate",
      "byte-swap",
      "movsx",
      "load",
      "store",
      "atomic",
      "load-acquire",
      "store-release",
      "wide-load",
      "jump",
      "long-jump",
      "jump-if",
      "call-local",
      "exit",
    ];
    assert.deepEqual(
      expected.filter((kind) => !seen.has(kind)),
      [],
    );
  });
});
