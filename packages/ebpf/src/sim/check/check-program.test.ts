import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { mov } from "../../asm/alu.ts";
import { add } from "../../asm/alu.ts";
import { assemble, type Item } from "../../asm/assemble.ts";
import { call, exit } from "../../asm/call.ts";
import { ja, jgt, jne } from "../../asm/jump.ts";
import { ldx, st } from "../../asm/memory.ts";
import { loadMap } from "../../asm/wide.ts";
import { encode } from "../../isa/encode.ts";
import { checkProgram } from "./check-program.ts";

const array = { name: "array", type: "hash", keySize: 4, valueSize: 8, maxEntries: 1 } as const;
const finish: Item = [mov("r0", 0), exit()];
const lookup: Item = [
  [st("u32", "r10", -4, 0), loadMap("r1", "array"), mov("r2", "r10"), add("r2", -4)],
  call("map_lookup_elem"),
];
const packet: Item = [
  [ldx("u32", "r2", "r1", 0), ldx("u32", "r3", "r1", 4), mov("r4", "r2"), add("r4", 14)],
  jgt("r4", "r3", 1),
];

function check(items: Item, expected: "accepted" | RegExp): void {
  const instructions = encode(assemble(items), { map: () => 0 });
  const result = checkProgram({ type: "xdp", instructions, maps: [array], license: "GPL" });
  if (expected === "accepted") assert.equal(result.verdict, "accepted", result.log);
  else {
    assert.equal(result.verdict, "refused", result.log);
    assert.match(result.log, expected);
  }
}

describe("checkProgram", () => {
  it("accepts what is right", () => {
    check(finish, "accepted");
    check([packet, ldx("u8", "r5", "r2", 13), finish], "accepted");
    check([lookup, jne("r0", 0, 2), finish, ldx("u64", "r1", "r0", 0), finish], "accepted");
  });

  it("refuses memory that may not be there", () => {
    check([packet, ldx("u8", "r5", "r2", 14), finish], /outside of the packet/);
    check([lookup, ldx("u64", "r1", "r0", 0), finish], /R0 invalid mem access 'map_value_or_null'/);
    check([lookup, jne("r0", 0, 2), finish, ldx("u64", "r1", "r0", 1), finish], /value_size=8/);
    check([st("u64", "r10", -520, 0), finish], /invalid write to stack R10 off=-520 size=8/);
    check([mov("r2", 7), ldx("u64", "r1", "r2", 0), finish], /R2 invalid mem access 'scalar'/);
  });

  it("refuses registers that were not set, and functions that do not end", () => {
    check([exit()], /R0 !read_ok/);
    check([mov("r0", 0)], /last insn is not an exit or jmp/);
    check([finish, finish], /unreachable insn 2/);
    check([mov("r0", 0), ja(0)], /jump out of range from insn 1 to 2/);
  });

  it("refuses helpers of other types of programs", () => {
    check([call("override_return", 0, 0), finish], /cannot use helper bpf_override_return/);
  });
});
