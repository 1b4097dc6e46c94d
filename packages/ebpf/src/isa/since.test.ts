import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parse } from "./parse.ts";
import { sinceOf } from "./since.ts";

const check = (text: string, version: string | undefined): void =>
  assert.equal(sinceOf(parse(text)[0]!)?.join("."), version, text);

describe("first kernel version", () => {
  it("of the oldest instructions is 3.18", () => {
    check("r0 = 0", "3.18");
    check("r1 = be16 r1", "3.18");
    check("r1 = *(u8 *)(r2 +0)", "3.18");
    check("lock *(u64 *)(r1 +0) += r2", "3.18");
    check("r1 = map[id:4]", "3.18");
    check("if r1 s>= r2 goto pc+0", "3.18");
  });
  it("of later ones is that of the verifier that takes them", () => {
    check("if r1 < r2 goto pc+0", "4.14");
    check("call pc+0", "4.16");
    check("if w1 == w2 goto pc+0", "5.1");
    check("r1 = map[id:4][0]+8", "5.2");
    check("r1 = btf[x]", "5.10");
    check("lock *(u64 *)(r1 +0) |= r2", "5.12");
    check("r0 = atomic_cmpxchg((u32 *)(r1 +0), r0, r2)", "5.12");
    check("call kernel-function#7", "5.13");
    check("call kernel-function#7@1", "5.16");
    check("r1 = subprog[x]", "5.13");
    check("r1 = map[x]", "5.14");
    check("may_goto pc+0", "6.9");
    check("r1 = load_acquire((u64 *)(r2 +0))", "6.15");
  });
  it("of version 4 of the instruction set is 6.6", () => {
    check("r0 s/= 3", "6.6");
    check("r0 = (s8)r1", "6.6");
    check("r1 = bswap16 r1", "6.6");
    check("r1 = *(s8 *)(r2 +0)", "6.6");
    check("gotol pc+0", "6.6");
  });
  it("of what the kernel alone makes is none", () => {
    check("nospec", undefined);
    check("r0 = &(void __percpu *)(r0)", undefined);
  });
});
