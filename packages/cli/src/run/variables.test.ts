import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { array, bool, chars, config, global, hashMap, s32, u32, u64 } from "ts-ebpf";
import { setVariables } from "./variables.ts";

const specs = () => ({
  target: config("target_pid", u32, 0),
  offset: global("offset", s32, 0),
  big: global("big", u64, 0n),
  on: config("on", bool, false),
  comm: config("comm", chars(8), ""),
  many: config("many", array(u32, 2), [1, 2]),
  counts: hashMap("counts", u32, u64, 1),
});

describe("setVariables", () => {
  const check = (name: string, text: string, value: unknown): void => {
    const all = specs();
    setVariables(all, [{ name, text }]);
    const variable = Object.entries(all).find(
      ([key, spec]) => key === name || spec.name === name,
    )![1] as { readonly value: unknown };
    assert.equal(variable.value, value);
  };
  const fails = (name: string, text: string, message: RegExp): void =>
    assert.throws(() => setVariables(specs(), [{ name, text }]), message);

  it("reads values as the layout wants them", () => {
    check("target", "4711", 4711);
    check("target", "0x10", 16);
    check("offset", "-5", -5);
    check("big", "18446744073709551615", 2n ** 64n - 1n);
    check("on", "true", true);
    check("comm", "node", "node");
  });
  it("takes both names of a variable", () => check("target_pid", "1", 1));
  it("refuses what is no value", () => {
    fails("target", "one", /target=one: this is no value of u32/);
    fails("target", "", /no value/);
    fails("target", "-1", /u32/);
    fails("target", "4294967296", /u32/);
    fails("on", "yes", /no value of bool/);
    fails("many", "1", /no value/);
  });
  it("refuses what is no variable", () => {
    fails("counts", "1", /no variable "counts"/);
    fails("targe", "1", /no variable "targe"/);
  });
});
