import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hex } from "../base/bytes.ts";
import { u16, u32, u64, u8 } from "../layout/integer.ts";
import { machineOrder } from "../isa/slot.ts";
import { config, global } from "../spec/global-spec.ts";
import type { GlobalSpec } from "../spec/map-spec.ts";
import { variableSections } from "./variable-layout.ts";

describe("variableSections", () => {
  const check = (
    specs: readonly GlobalSpec<unknown>[],
    expected: readonly (readonly [name: string, places: string, bytes: string])[],
  ): void => {
    const found = variableSections(specs);
    assert.deepEqual(
      found.map(({ name, variables, bytes }) => [
        name,
        variables.map((variable) => `${variable.name}+${variable.offset}`).join(" "),
        hex(bytes),
      ]),
      expected,
    );
  };

  it("sorts by what programs do and by the value, and aligns", () => {
    const specs = [
      config("c-1", u8, 1),
      config("c2", u32, 0),
      global("d", u64, 1n),
      global("b1", u8, 0),
      global("b2", u16, 0),
    ];
    const little = machineOrder === "little";
    check(specs, [
      [".rodata", "c_1+0 c2+4", "0100000000000000"],
      [".data", "d+0", little ? "0100000000000000" : "0000000000000001"],
      [".bss", "b1+0 b2+2", "00000000"],
    ]);
  });

  it("has the values that the next load would have", () => {
    const limit = config("limit", u8, 1);
    limit.value = 7;
    check([limit], [[".rodata", "limit+0", "07"]]);
  });

  it("is nothing without variables", () => check([], []));
});
