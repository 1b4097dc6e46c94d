/**
 * The checker against the verifier of the running kernel: families of small programs, loaded and checked.
 *
 * Each family varies a number over both sides of the edge of a rule, so that about half of it is refused. What the
 * kernel refuses must never be accepted, and of what it accepts at most one in fifty may be refused; programs left
 * undecided are counted apart. Only the shape of the maps is known to the checker, as in the simulated kernel.
 * @module
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { add, and, lsh, mov, mul, rsh, sub } from "../../asm/alu.ts";
import { assemble, type Item, label } from "../../asm/assemble.ts";
import { atomicAdd } from "../../asm/atomic.ts";
import { call, callLocal, exit } from "../../asm/call.ts";
import { jeq, jgt, jlt, jne, jset, jsgt, jslt } from "../../asm/jump.ts";
import { ldx, st, stx } from "../../asm/memory.ts";
import { encode } from "../../isa/encode.ts";
import { SyscallError } from "../../kernel/errors.ts";
import type { Handle } from "../../kernel/handle.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import type { ProgramType } from "../../spec/words.ts";
import { openNativeKernel } from "../../sys/native-kernel.ts";
import { needs } from "../../testing/needs.ts";
import { finish, lookup, packet, reserve, unlessNull } from "../../testing/provoke-rejection.ts";
import { checkProgram } from "./check-program.ts";
import type { CheckedMap } from "./program.ts";

const shapes: readonly CheckedMap[] = [
  { name: "array", type: "array", keySize: 4, valueSize: 64, maxEntries: 1 },
  { name: "counts", type: "hash", keySize: 4, valueSize: 8, maxEntries: 4 },
  { name: "ring", type: "ringbuf", keySize: 0, valueSize: 0, maxEntries: 4096 },
];

/** A program of a family. */
type Case = readonly [type: ProgramType, items: Item];

/** The value of 64 bytes in `r0`, a number of 32 bits from the context in `r6`. */
const found: Item = [ldx("u32", "r6", "r1", 16), lookup("array"), unlessNull()];
const sizes = ["u8", "u16", "u32", "u64"] as const;

const families: Readonly<Record<string, readonly Case[]>> = {
  "the packet": each([0, 1, 2, 7, 8, 13, 14, 15], [6, 7, 8, 13, 14], (offset, length) => [
    "xdp",
    [
      [packet, mov("r4", "r2"), add("r4", length), jgt("r4", "r3", 1)],
      [ldx("u8", "r5", "r2", offset), finish],
    ],
  ]),
  "the packet at a number from the packet": each([0, 1, 2, 4], [63, 255, 65535], (size, mask) => [
    "xdp",
    [
      [packet, mov("r4", "r2"), add("r4", 14), jlt("r4", "r3", 2), finish],
      [ldx("u16", "r5", "r2", 12), and("r5", mask), add("r2", "r5")],
      [mov("r4", "r2"), add("r4", size), jgt("r4", "r3", 1), ldx("u16", "r0", "r2", 0), finish],
    ],
  ]),
  "values at a masked number": each([7, 31, 56, 60, 62, 63, 64], [0, 1, 2, 3], (mask, size) => [
    "xdp",
    [found, and("r6", mask), add("r0", "r6"), ldx(sizes[size]!, "r1", "r0", 0), finish],
  ]),
  "values at a compared number": each([0, 1, 56, 57, 63, 64, 65], [0, 1], (limit, less) => [
    "xdp",
    [
      [found, less === 1 ? jlt("r6", limit, 2) : jgt("r6", limit, 2)],
      [less === 1 ? [finish] : [add("r0", "r6"), st("u8", "r0", 0, 1)], finish],
      [less === 1 ? [add("r0", "r6"), st("u64", "r0", 0, 1), finish] : []],
    ],
  ]),
  "values at a number with sign": each([-1, 0, 1, 63, 64], [-1, 0, 1], (most, least) => [
    "xdp",
    [
      [found, jsgt("r6", most, "end"), jslt("r6", least, "end")],
      [add("r0", "r6"), ldx("u8", "r1", "r0", 0), label("end"), finish],
    ],
  ]),
  "values at a calculated number": each([1, 3, 7, 15], [2, 4, 8, 9], (mask, factor) => [
    "xdp",
    [found, and("r6", mask), mul("r6", factor), add("r0", "r6"), ldx("u8", "r1", "r0", 0), finish],
  ]),
  "values at a shifted number": each([25, 26, 27, 28], [0, 1, 2], (right, left) => [
    "xdp",
    [
      [found, lsh("r6", 32), rsh("r6", 32), rsh("r6", right), lsh("r6", left)],
      [add("r0", "r6"), ldx("u8", "r1", "r0", 0), finish],
    ],
  ]),
  "values at a difference": each([0, 1, 8, 63, 64], [0, 1, 63, 64], (mask, from) => [
    "xdp",
    [
      [found, and("r6", mask), mov("r7", from), sub("r7", "r6"), add("r0", "r7")],
      [ldx("u8", "r1", "r0", 0), finish],
    ],
  ]),
  "values at tested bits": each([1, 32, 64, 0xffc0, 0x7fffffc0], [0, 1], (bits, set) => [
    "xdp",
    [
      [found, set === 1 ? jset("r6", bits, "use") : jset("r6", bits, "end")],
      [set === 1 ? finish : [], label("use"), and("r6", 127)],
      [add("r0", "r6"), ldx("u8", "r1", "r0", 0), label("end"), finish],
    ],
  ]),
  "the stack": each([-520, -512, -511, -8, -6, -4, -1, 0, 8], [0, 1, 2, 3], (offset, size) => [
    "xdp",
    [st(sizes[size]!, "r10", offset, 1), ldx(sizes[size]!, "r0", "r10", offset), finish],
  ]),
  "spilled addresses": each([-8, -16, -12, -4], [0, 1, 2, 3], (offset, size) => [
    "xdp",
    [
      [stx("u64", "r10", -8, "r1"), ldx(sizes[size]!, "r2", "r10", offset)],
      [ldx("u32", "r3", "r2", 0), finish],
    ],
  ]),
  "stack given to helpers": each([-520, -64, -16, -8], [0, 8, 16, 17, 64], (offset, size) => [
    "raw_tracepoint",
    [[mov("r1", "r10"), add("r1", offset), mov("r2", size)], call("get_current_comm"), finish],
  ]),
  ...contexts("xdp", 24),
  ...contexts("sched_cls", 192),
  ...contexts("cgroup_skb", 192),
  ...contexts("socket_filter", 192),
  ...contexts("sk_lookup", 72),
  ...contexts("cgroup_device", 12),
  ...contexts("lwt_xmit", 192),
  ...contexts("sk_skb", 192),
  "stores into contexts": each([0, 8, 40, 48, 60, 64, 120, 152], [0, 2, 3], (offset, size) => [
    "sched_cls",
    [mov("r2", 1), stx(sizes[size]!, "r1", offset, "r2"), finish],
  ]),
  "addresses that may be null": each([0, 1, 2], [0, 7, 8], (kind, offset) => [
    "xdp",
    [
      [lookup("counts"), kind === 0 ? [] : jeq("r0", 0, kind === 1 ? "end" : "use")],
      [kind === 2 ? finish : [], label("use"), ldx("u8", "r1", "r0", offset)],
      [label("end"), finish],
    ],
  ]),
  "records of ring buffers": each([0, 1, 2, 3], [0, 8, 9, 16], (kind, offset) => [
    "raw_tracepoint",
    [
      [reserve, jne("r0", 0, 2), finish, mov("r6", "r0"), st("u64", "r6", offset, 1)],
      kind === 0 ? [] : [mov("r1", "r6"), mov("r2", 0), call("ringbuf_submit")],
      kind === 2 ? [mov("r1", "r6"), mov("r2", 0), call("ringbuf_discard")] : [],
      kind === 3 ? st("u64", "r6", 0, 1) : [],
      finish,
    ],
  ]),
  "atomic operations": each([0, 4, 8, 56, 57, 60, 64], [0, 1], (offset, size) => [
    "xdp",
    [found, mov("r1", 1), atomicAdd(size === 0 ? "u32" : "u64", "r0", offset, "r1"), finish],
  ]),
  loops: each([1, 10, 1000], [0, 1], (times, step) => [
    "xdp",
    [[mov("r6", 0), label("again"), add("r6", step), jlt("r6", times, "again")], finish],
  ]),
  functions: each([8, 240, 256, 264, 512], [8, 240, 256, 272], (own, other) => [
    "xdp",
    [
      [st("u64", "r10", -own, 0), callLocal("other"), finish],
      [label("other"), st("u64", "r10", -other, 0), finish],
    ],
  ]),
  "registers that are not set": each([0, 1, 2, 5, 6, 9, 10], [0, 1], (register, called) => [
    "xdp",
    [called === 1 ? call("ktime_get_ns") : [], mov("r0", `r${register}` as "r0"), exit()],
  ]),
  "values returned": each([-1, 0, 1, 2, 3, 4], [0, 1], (value, kind) => [
    kind === 0 ? "socket_filter" : "cgroup_device",
    [mov("r0", value), exit()],
  ]),
};

/** Loads of all sizes from everywhere in the context. */
function contexts(type: ProgramType, length: number): Readonly<Record<string, readonly Case[]>> {
  const offsets = Array.from({ length: length / 2 + 2 }, (_, index) => index * 2);
  const load = (offset: number, size: number): Case => [
    type,
    [ldx(sizes[size]!, "r2", "r1", offset), finish],
  ];
  return { [`contexts of ${type} programs`]: each(offsets, [0, 1, 2, 3], load) };
}

function each(
  first: readonly number[],
  second: readonly number[],
  make: (a: number, b: number) => Case,
): readonly Case[] {
  return first.flatMap((a) => second.map((b) => make(a, b)));
}

/** Programs that both accept, that both refuse, and so on: the kernel's word first. */
type Tally = Record<
  `${"accepted" | "refused"}/${ReturnType<typeof checkProgram>["verdict"]}`,
  number
>;

const usable = needs("root", "bpf", "ringbuf");

describe("the checker against the kernel", usable, () => {
  if (usable.skip !== false) return;
  const kernel = openNativeKernel();
  const maps: Handle[] = [];
  const sum = emptyTally();
  before(() => {
    for (const shape of shapes)
      maps.push(kernel.bpf("mapCreate", { ...shape, mapType: shape.type }));
  });
  after(() => {
    for (const map of maps) map.close();
  });

  for (const [name, cases] of Object.entries(families)) {
    it(`accepts nothing that the kernel refuses: ${name}`, () => {
      for (const made of cases) compare(kernel, maps, made, sum);
    });
  }

  it("refuses at most one in fifty of what the kernel accepts", (test) => {
    test.diagnostic(JSON.stringify(sum));
    const accepted = sum["accepted/accepted"] + sum["accepted/refused"] + sum["accepted/undecided"];
    assert.ok(accepted > 100 && sum["refused/refused"] > 100, JSON.stringify(sum));
    assert.ok(sum["accepted/refused"] * 50 <= accepted, wronglyRefused.join("\n"));
  });
});

function emptyTally(): Tally {
  return {
    "accepted/accepted": 0,
    "accepted/refused": 0,
    "accepted/undecided": 0,
    "refused/accepted": 0,
    "refused/refused": 0,
    "refused/undecided": 0,
  };
}

const wronglyRefused: string[] = [];

function compare(kernel: Kernel, maps: readonly Handle[], [type, items]: Case, sum: Tally): void {
  const index = (name: string): number => shapes.findIndex((shape) => shape.name === name);
  const insns = encode(assemble(items), { map: index });
  const rejection = rejectionOf(kernel, maps, { type, insns });
  const ours = checkProgram({ type, instructions: insns, maps: shapes, license: "GPL" });
  sum[`${rejection === undefined ? "accepted" : "refused"}/${ours.verdict}`]++;
  if (rejection === undefined && ours.verdict === "refused") wronglyRefused.push(ours.log);
  if (ours.verdict === "accepted") assert.equal(rejection, undefined, rejection);
}

/** Large enough for the way through all loops: a log that does not fit is an error of its own. */
const logBuffer = new Uint8Array(1 << 22);

/** The kernel's log when it refuses the program. Fails when it fails for something else. */
function rejectionOf(
  kernel: Kernel,
  maps: readonly Handle[],
  { type, insns }: { readonly type: ProgramType; readonly insns: Uint8Array },
): string | undefined {
  const log = { level: 1, buffer: logBuffer };
  logBuffer[0] = 0;
  try {
    const expectedAttachType = type === "sk_lookup" ? type : undefined;
    const shared = { expectedAttachType, maps, license: "GPL", log };
    kernel.bpf("progLoad", { progType: type, insns, ...shared }).close();
    return undefined;
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    const text = new TextDecoder().decode(log.buffer.subarray(0, log.buffer.indexOf(0)));
    assert.notEqual(text, "", error.message);
    return text;
  }
}
