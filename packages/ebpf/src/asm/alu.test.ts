import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { encode } from "../isa/encode.ts";
import { format } from "../isa/format.ts";
import type { Instruction } from "../isa/instruction.ts";
import { r1, r2, r6 } from "../isa/register.ts";
import * as functions from "./alu.ts";

const alu = { ...functions };

const check = (instruction: Instruction, text: string): void => {
  assert.equal(format(instruction), text);
  assert.ok(Object.isFrozen(instruction));
};

describe("arithmetic", () => {
  it("takes a register or a number", () => {
    check(alu.mov(r6, r1), "r6 = r1");
    check(alu.mov(r6, 1), "r6 = 1");
  });
  it("has every operation, of 64 and of 32 bits", () => {
    const symbols = {
      mov: "=",
      add: "+=",
      sub: "-=",
      mul: "*=",
      div: "/=",
      sdiv: "s/=",
      mod: "%=",
      smod: "s%=",
      and: "&=",
      or: "|=",
      xor: "^=",
      lsh: "<<=",
      rsh: ">>=",
      arsh: "s>>=",
    } as const;
    for (const [name, symbol] of Object.entries(symbols) as [keyof typeof symbols, string][]) {
      check(alu[name](r1, r2), `r1 ${symbol} r2`);
      check(alu[name](r1, -7), `r1 ${symbol} -7`);
      check(alu[`${name}32`](r1, r2), `w1 ${symbol} w2`);
      check(alu[`${name}32`](r1, -7), `w1 ${symbol} -7`);
    }
  });
  it("negates, extends signs, casts", () => {
    check(alu.neg(r1), "r1 = -r1");
    check(alu.neg32(r1), "w1 = -w1");
    check(alu.movsx("s8", r1, r2), "r1 = (s8)r2");
    check(alu.movsx("s32", r1, r2), "r1 = (s32)r2");
    check(alu.movsx32("s16", r1, r2), "w1 = (s16)w2");
    check(alu.addrSpaceCast(r1, r2, { to: 1, from: 0 }), "r1 = addr_space_cast(r2, 1, 0)");
  });
  it("turns bytes round", () => {
    for (const order of ["be", "le", "bswap"] as const) {
      for (const bits of [16, 32, 64] as const) {
        check(alu[`${order}${bits}`](r1), `r1 = ${order}${bits} r1`);
      }
    }
  });
});

describe("numbers above 2^31", () => {
  it("are the same bits for 32-bit operations", () => {
    check(alu.and32(r1, 0xffff_ff00), "w1 &= -256");
    check(alu.mov32(r1, 2 ** 31), "w1 = -2147483648");
  });
  it("are refused by 64-bit operations, which would extend their sign", () =>
    assert.throws(() => encode([alu.and(r1, 0xffff_ff00)]), /number 4294967040 is not/));
  it("are refused by 32-bit operations when they do not fit", () => {
    assert.throws(() => encode([alu.and32(r1, 2 ** 32)]), /number 4294967296 is not/);
    assert.throws(() => encode([alu.and32(r1, 2 ** 31 + 0.5)]), /number 2147483648.5 is not/);
  });
});
