/**
 * Jumps, memory, atomics, wide loads and calls: what each function makes.
 * @module
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgumentError } from "../base/errors.ts";
import { helperSymbol } from "../helper/helper-id.ts";
import { format } from "../isa/format.ts";
import { r0, r1, r2, r3, r4, r5, r6, r10 } from "../isa/register.ts";
import { assemble, type Item } from "./assemble.ts";
import * as atomic from "./atomic.ts";
import { call, callKfunc, callLocal, exit } from "./call.ts";
import * as jumps from "./jump.ts";
import { ldabs, ldind, ldx, st, stx } from "./memory.ts";
import { addressOf, at, placeOf } from "./place.ts";
import { loadFunction, loadImm64, loadMap, loadMapValue, loadVariable } from "./wide.ts";

const jump = { ...jumps };

const check = (item: Item, ...lines: readonly string[]): void => {
  const instructions = assemble(item);
  assert.deepEqual(
    instructions.map((instruction) => format(instruction, { helperSymbol })),
    lines,
  );
  assert.ok(instructions.every(Object.isFrozen));
};

describe("jumps", () => {
  it("go to labels or over slots", () => {
    check(jump.ja("out"), "goto out");
    check(jump.ja(-3), "goto pc-3");
    check(jump.gotol("out"), "gotol out");
    check(jump.mayGoto(2), "may_goto pc+2");
  });
  it("compare in every way, 64 and 32 bits", () => {
    const symbols = {
      jeq: "==",
      jne: "!=",
      jset: "&",
      jgt: ">",
      jge: ">=",
      jlt: "<",
      jle: "<=",
      jsgt: "s>",
      jsge: "s>=",
      jslt: "s<",
      jsle: "s<=",
    } as const;
    for (const [name, symbol] of Object.entries(symbols) as [keyof typeof symbols, string][]) {
      check(jump[name](r1, r2, "x"), `if r1 ${symbol} r2 goto x`);
      check(jump[name](r1, -1, 5), `if r1 ${symbol} 0xffffffff goto pc+5`);
      check(jump[`${name}32`](r1, r2, "x"), `if w1 ${symbol} w2 goto x`);
      check(jump[`${name}32`](r1, 0xc0a8_0001, "x"), `if w1 ${symbol} 0xc0a80001 goto x`);
    }
  });
});

describe("memory", () => {
  it("is loaded and stored in the order of the text", () => {
    check(ldx("u64", r1, r6, 16), "r1 = *(u64 *)(r6 +16)");
    check(ldx("s8", r1, r6, -1), "r1 = *(s8 *)(r6 -1)");
    check(stx("u32", r10, -8, r1), "*(u32 *)(r10 -8) = r1");
    check(st("u32", r10, -8, 0xffff_ffff), "*(u32 *)(r10 -8) = -1");
    check(st("u64", r10, -8, -1), "*(u64 *)(r10 -8) = -1");
  });
  it("of packets is loaded at a fixed place or one in a register", () => {
    check(ldabs("u16", 12), "r0 = *(u16 *)skb[12]");
    check(ldind("u8", r1), "r0 = *(u8 *)skb[r1 + 0]");
    check(ldind("u8", r1, 14), "r0 = *(u8 *)skb[r1 + 14]");
  });
  it("has places with addresses", () => {
    check(addressOf(r2, at(r10, -8)), "r2 = r10", "r2 += -8");
    check(addressOf(r2, at(r2, 8)), "r2 += 8");
    check(addressOf(r2, r6), "r2 = r6");
    check(addressOf(r2, at(r2, 0)));
    assert.deepEqual(placeOf(at(r10, -8), 4), at(r10, -4));
  });
});

describe("atomics", () => {
  it("change memory", () => {
    check(atomic.atomicAdd("u64", r1, 8, r2), "lock *(u64 *)(r1 +8) += r2");
    check(atomic.atomicOr("u32", r1, 8, r2), "lock *(u32 *)(r1 +8) |= r2");
    check(atomic.atomicAnd("u64", r1, 8, r2), "lock *(u64 *)(r1 +8) &= r2");
    check(atomic.atomicXor("u64", r1, 8, r2), "lock *(u64 *)(r1 +8) ^= r2");
  });
  it("return the old value", () => {
    const place = "(u64 *)(r1 +8)";
    check(atomic.atomicFetchAdd("u64", r1, 8, r2), `r2 = atomic64_fetch_add(${place}, r2)`);
    check(atomic.atomicFetchOr("u64", r1, 8, r2), `r2 = atomic64_fetch_or(${place}, r2)`);
    check(atomic.atomicFetchAnd("u64", r1, 8, r2), `r2 = atomic64_fetch_and(${place}, r2)`);
    check(atomic.atomicFetchXor("u64", r1, 8, r2), `r2 = atomic64_fetch_xor(${place}, r2)`);
    check(atomic.atomicXchg("u32", r1, 8, r2), "r2 = atomic_xchg((u32 *)(r1 +8), r2)");
    check(atomic.atomicCmpxchg("u32", r1, 8, r2), "r0 = atomic_cmpxchg((u32 *)(r1 +8), r0, r2)");
  });
  it("order loads and stores", () => {
    check(atomic.loadAcquire("u8", r1, r2, 0), "r1 = load_acquire((u8 *)(r2 +0))");
    check(atomic.storeRelease("u16", r1, 0, r2), "store_release((u16 *)(r1 +0), r2)");
  });
});

describe("wide loads", () => {
  it("are of numbers", () => check(loadImm64(r1, -1n), "r1 = 0xffffffffffffffff"));
  it("are of what has a name", () => {
    check(loadMap(r1, "events"), "r1 = map[events]");
    check(loadMap(r1, { name: "events" }), "r1 = map[events]");
    check(loadMapValue(r1, ".bss", 8), "r1 = map[.bss][0]+8");
    check(loadMapValue(r1, { name: ".bss" }), "r1 = map[.bss][0]+0");
    check(loadVariable(r1, "runqueues"), "r1 = btf[runqueues]");
    check(loadFunction(r1, "each"), "r1 = subprog[each]");
  });
});

describe("calls", () => {
  it("are of helpers by name or number", () => {
    check(call("map_lookup_elem"), "call bpf_map_lookup_elem#1");
    check(call("mapLookupElem"), "call bpf_map_lookup_elem#1");
    check(call(5), "call bpf_ktime_get_ns#5");
  });
  it("are of functions of the kernel and of the program", () => {
    check(callKfunc("bpf_task_acquire", r6), "r1 = r6", "call kernel-function#bpf_task_acquire");
    check(callKfunc(77), "call kernel-function#77");
    check(callLocal("sub", 3), "r1 = 3", "call sub");
    check(exit(), "exit");
  });
  it("take registers, numbers, places and maps", () =>
    check(
      call("map_update_elem", { name: "counts" }, at(r10, -4), r6, 2n ** 40n),
      "r1 = map[counts]",
      "r2 = r10",
      "r2 += -4",
      "r3 = r6",
      "r4 = 0x10000000000",
      "call bpf_map_update_elem#2",
    ));
  it("load numbers whole that 32 bits do not hold", () =>
    check(
      call(6, 2 ** 31 - 1, 2 ** 31, -(2 ** 31), -(2 ** 31) - 1),
      "r1 = 2147483647",
      "r2 = 0x80000000",
      "r3 = -2147483648",
      "r4 = 0xffffffff7fffffff",
      "call bpf_trace_printk#6",
    ));
  it("leave arguments where they are", () => check(call(5, r1, r2), "call bpf_ktime_get_ns#5"));
  it("move arguments before they are overwritten", () => {
    check(
      call(5, at(r10, -8), 8, r1),
      "r2 = 8",
      "r3 = r1",
      "r1 = r10",
      "r1 += -8",
      "call bpf_ktime_get_ns#5",
    );
    check(
      call(5, r0, r1, r2, r3, r4),
      "r5 = r4",
      "r4 = r3",
      "r3 = r2",
      "r2 = r1",
      "r1 = r0",
      "call bpf_ktime_get_ns#5",
    );
    check(call(5, at(r1, 8), r1), "r2 = r1", "r1 += 8", "call bpf_ktime_get_ns#5");
  });
  it("cannot exchange arguments", () =>
    assert.throws(
      () => call(5, r2, r1),
      (error) =>
        error instanceof InvalidArgumentError &&
        error.message === "arguments in r2 and r1 would overwrite each other",
    ));
  it("take five arguments", () =>
    assert.throws(() => call(5, r1, r2, r3, r4, r5, 6), /at most 5 arguments, not 6/));
  it("know their helpers", () =>
    assert.throws(() => call("map_lookup" as "map_lookup_elem"), InvalidArgumentError));
});
