import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CompileError } from "../lang/compile-error.ts";
import { u32, u64 } from "../layout/integer.ts";
import { hashMap } from "../spec/hash-map.ts";
import { progArray, type ProgArraySpec } from "../spec/prog-array.ts";
import { program } from "../spec/program.ts";
import { xdp } from "../spec/xdp.ts";
import { kernelBtf } from "../program/kernel-btf.ts";
import { kernelUnderTest } from "../testing/kernel-under-test.ts";
import { needs } from "../testing/needs.ts";
import { compileCollection } from "./compile-collection.ts";

const counts = hashMap("counts", u32, u64, 16);
const stages = progArray("stages", { maxEntries: 4, programs: () => [undefined, second] });

const first = xdp((ctx) => {
  "use bpf";
  counts.update(1, 1n);
  stages.tailCall(ctx, 1);
  return 2;
});
const second = xdp(() => {
  "use bpf";
  return 1;
});

describe("compileCollection", needs("btf"), () => {
  const btf = kernelBtf(kernelUnderTest());

  it("compiles programs, and adds what they use", () => {
    const { spec, programs } = compileCollection({ first }, { btf });
    assert.deepEqual(Object.keys(spec).toSorted(), ["counts", "first", "stages", "stages_1"]);
    assert.deepEqual([...programs.keys()], ["first", "stages_1"]);
    for (const one of Object.values(spec)) assert.notEqual(one.kind, "source-program");
    assert.match(programs.get("first")!.dump, /^function first/);
  });

  it("puts into arrays what programs were compiled to", () => {
    const { spec } = compileCollection({ first, second }, { btf });
    const held = (spec["stages"] as ProgArraySpec).programs!();
    assert.equal(held[0], undefined);
    assert.equal(held[1], spec["second"]);
  });

  it("leaves instructions as they are", () => {
    const done = program("xdp", [{ kind: "exit" }]);
    assert.deepEqual(compileCollection({ done }).programs.get("done")!.spec.instructions, [
      { kind: "exit" },
    ]);
  });

  it("tells what is wrong with all programs, each thing once", () => {
    const shared = (): number => {
      "use bpf";
      return [1].length;
    };
    const one = xdp(() => {
      "use bpf";
      return shared();
    });
    const two = xdp(() => {
      "use bpf";
      return shared() + [2].length;
    });
    assert.throws(
      () => compileCollection({ one, two }),
      (error: unknown) => {
        assert.ok(error instanceof CompileError);
        const places = error.diagnostics.map(({ line, column, message }) =>
          [line, column, message].join(),
        );
        assert.equal(new Set(places).size, places.length);
        assert.ok(places.length >= 2, places.join("\n"));
        return true;
      },
    );
  });
});
