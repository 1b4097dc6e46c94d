import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseBtf } from "./btf.ts";
import { sampleBtf } from "./testing-sample.ts";

describe("enumValue", () => {
  const btf = parseBtf(sampleBtf().builder.build(), { path: "sample" });

  it("finds values in all enums", () => {
    const check = (name: string, value: number | bigint): void =>
      assert.equal(btf.enumValue(name), value);
    check("STOPPED", 0xffff_ffff);
    check("DOWN", -1);
    check("WIDE_TOP", 1n << 63n);
    check("WIDE_LOW", -(1n << 40n));
  });

  it("takes enums that agree as one, and asks which when they differ", () => {
    assert.equal(btf.enumValue("IDLE"), 3);
    assert.equal(btf.enumValue("RUNNING", "state"), 0);
    assert.equal(btf.enumValue("RUNNING", ""), 7);
    assert.throws(() => btf.enumValue("RUNNING"), {
      name: "InvalidArgumentError",
      message: "RUNNING has several values in sample: 0 in enum state, 7 in enum {…}",
      hint: "say which enum is meant: enumValue(name, enumName)",
    });
  });

  it("suggests a name when there is none", () => {
    const check = (run: () => unknown, message: string, hint?: string): void =>
      assert.throws(run, { name: "InvalidArgumentError", message, hint });
    check(
      () => btf.enumValue("STOPED"),
      'there is no enumerator "STOPED" in sample',
      'did you mean "STOPPED"?',
    );
    check(
      () => btf.enumValue("UP", "state"),
      'there is no enumerator "UP" in enum state of sample',
      "it is in enum signed_state",
    );
    check(() => btf.enumValue(""), 'there is no enumerator "" in sample');
    check(() => btf.enumValue("UP\0DOWN"), 'there is no enumerator "UP\0DOWN" in sample');
    check(() => btf.enumValue("task"), 'there is no enumerator "task" in sample');
  });
});
