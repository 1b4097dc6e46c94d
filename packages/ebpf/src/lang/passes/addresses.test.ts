import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { foldAddresses } from "./addresses.ts";
import { binary64, textAfter } from "./testing-pass.ts";
import type { MemoryKind } from "../ir/operation.ts";
import type { CoreField } from "../../spec/core-relocation.ts";

describe("foldAddresses", () => {
  function check(
    access: { offset: number; memory: MemoryKind; added: bigint; core?: CoreField },
    expected: string,
  ): void {
    const lines = textAfter(foldAddresses, (builder, a) => {
      const { added, ...rest } = access;
      const base = builder.define(binary64("add", a, added));
      builder.return(builder.define({ kind: "load", bytes: 4, signed: false, base, ...rest }));
    });
    assert.equal(lines[2], `%3 = load u32 ${expected}`);
  }

  it("adds constants to the offset", () => {
    check({ offset: 4, memory: "map-value", added: 12n }, "%0.a + 16 (map-value)");
    check({ offset: 4, memory: "kernel", added: -12n }, "%0.a + -8 (kernel)");
  });

  it("leaves packets, relocated fields and far offsets alone", () => {
    check({ offset: 4, memory: "packet", added: 12n }, "%2 + 4 (packet)");
    check({ offset: 4, memory: "map-value", added: 0x8000n }, "%2 + 4 (map-value)");
    const core = { struct: "file", path: ["f_mode"] };
    check({ offset: 4, memory: "kernel", added: 12n, core }, "%2 + 4 (kernel, file.f_mode)");
  });

  it("accesses slots directly", () => {
    const lines = textAfter(foldAddresses, (builder, a) => {
      const slot = builder.slot("s", 16, 8);
      const base = builder.define({ kind: "slot-address", slot, offset: 4 });
      const memory = "other";
      builder.effect({ kind: "store", base, offset: 8, bytes: 4, stored: a, memory });
      builder.return(
        builder.define({ kind: "load", base, offset: 12, bytes: 4, signed: false, memory }),
      );
    });
    assert.deepEqual(lines.slice(3), [
      "store u32 slot 0 + 12, %0.a",
      "%3 = load u32 %2 + 12 (other)",
      "return %3",
    ]);
  });
});
