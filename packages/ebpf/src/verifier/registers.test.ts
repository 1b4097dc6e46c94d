import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { parseRegisters } from "./registers.ts";

describe("parseRegisters", () => {
  it("reads registers and stack slots by name", () => {
    const text =
      "R0_w=map_value_or_null(id=1,map=counts,ks=4,vs=8) R10=fp0 fp-8_r=0000???? refs=2 cb";
    const registers = parseRegisters(text);
    assert.deepEqual([...registers.keys()], ["r0", "r10", "fp-8"]);
    assert.equal(registers.get("r0")?.type, "map_value_or_null");
    assert.equal(registers.get("r0")?.fields.get("map"), "counts");
    assert.equal(registers.get("fp-8")?.text, "0000????");
  });

  it("reads bounds, also those that share a value or have brackets of their own", () => {
    const { fields } = parseRegisters(
      "R1=scalar(smin=0,smax=umax=0xffff,var_off=(0x0; 0xffff))",
    ).get("r1")!;
    assert.deepEqual(Object.fromEntries(fields), {
      smin: "0",
      smax: "0xffff",
      umax: "0xffff",
      var_off: "(0x0; 0xffff)",
    });
  });

  const check = (value: string, type: string): void =>
    assert.equal(parseRegisters(`R3=${value}`).get("r3")?.type, type, value);

  it("calls numbers scalars, in the words of every kernel", () => {
    check("5", "scalar");
    check("-5", "scalar");
    check("0x7a11f", "scalar");
    check("P0", "scalar");
    check("inv5", "scalar");
    check("invP(id=0,umax_value=255)", "scalar");
    check("inv(id=0)", "scalar");
    check("scalar()", "scalar");
    check("Pscalar(umax=7)", "scalar");
  });

  it("names pointers as the kernel does", () => {
    check("ctx()", "ctx");
    check("fp-16", "fp");
    check("fp(smin=0)", "fp");
    check("pkt(r=14)", "pkt");
    check("ptr_task_struct()", "ptr_task_struct");
  });

  it("never throws, and takes time in proportion to the text", () => {
    fc.assert(
      fc.property(fc.string(), (text) => assert.ok(parseRegisters(`R0=${text}`).size >= 0)),
    );
    const deep = "(".repeat(1e5);
    assert.equal(parseRegisters(`R0=x${deep} R1=0`).size, 1);
  });
});
