import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { viewOf } from "../../base/bytes.ts";
import { MalformedError } from "../../base/errors.ts";
import { bpfMachine } from "../../elf/elf.ts";
import { writeElf } from "../../elf/write.ts";
import type { MapSpec } from "../../spec/map-spec.ts";
import { readObject, type ObjectSpec } from "./read-object.ts";

/** An object file whose section `maps` has these definitions, named `a`, `b` and so on. */
function objectOf(
  definitions: readonly (readonly number[])[],
  byteOrder: "little" | "big" = "little",
): Uint8Array {
  const size = 4 * definitions[0]!.length;
  const bytes = new Uint8Array(size * definitions.length);
  for (const [index, word] of definitions.flat().entries()) {
    viewOf(bytes).setUint32(4 * index, word, byteOrder === "little");
  }
  const symbols = definitions.map((_, index) => {
    const place = { section: 0, value: index * size, size };
    return { name: "abc"[index]!, binding: "global", type: "object", ...place } as const;
  });
  const section = { name: "maps", flags: ["write", "alloc"], alignment: 4, bytes } as const;
  return writeElf({ byteOrder, machine: bpfMachine, sections: [section], symbols });
}

function read(definitions: readonly (readonly number[])[], order?: "little" | "big"): ObjectSpec {
  return readObject(objectOf(definitions, order), "old.o");
}

function mapOf(spec: ObjectSpec, name: string): MapSpec {
  const found = spec[name];
  assert.ok(found?.kind === "map");
  return found;
}

describe("definitions of maps of before BTF", () => {
  it("are read in both byte orders", () => {
    for (const order of ["little", "big"] as const) {
      const map = mapOf(read([[1, 4, 12, 100, 1]], order), "a");
      assert.ok(map.type === "hash");
      assert.deepEqual(
        [map.key.size, map.value.size, map.maxEntries, map.flags],
        [4, 12, 100, ["no_prealloc"]],
      );
    }
  });

  it("may be longer than what is known, with zeros", () => {
    assert.equal(mapOf(read([[2, 4, 4, 1, 0, 0]]), "a").type, "array");
    const check = (words: readonly number[], message: RegExp): void =>
      assert.throws(
        () => read([words]),
        (error) => {
          assert.ok(error instanceof MalformedError);
          assert.match(error.message, message);
          return true;
        },
      );
    check(
      [2, 4, 4, 1, 0, 1],
      /^old.o › maps › a › \+0x[0-9a-f]+: what follows the first 20 bytes .* not zero/,
    );
    check([2, 4, 4, 1, 0, 0, 0, 0, 0, 1], /what follows the first 36 bytes/);
    check([99, 4, 4, 1, 0], /there is no type 99 of maps/);
    check([2, 4, 4, 1], /at least 20 bytes/);
    check([12, 4, 4, 1, 0, 0, 0, 5, 0], /no map has the id 5/);
    check([2, 4, 4, 1, 0, 0, 3], /pinning 3/);
  });

  it("have what iproute2 says: pins, and maps in maps", () => {
    const spec = read([
      [2, 4, 8, 3, 0, 5, 0, 0, 2],
      [12, 4, 4, 6, 0, 0, 2, 5, 0xffff_ffff],
      [13, 4, 4, 6, 0, 0, 0, 5, 1],
    ]);
    const [outer, second] = [mapOf(spec, "b"), mapOf(spec, "c")];
    assert.ok("inner" in outer && "inner" in second);
    assert.equal((outer.inner as MapSpec).maxEntries, 3);
    assert.deepEqual([outer.pinning, second.pinning], ["by_name", undefined]);
    assert.ok(!("entries" in outer));
    assert.deepEqual("entries" in second && second.entries, [{ index: 1, map: "a" }]);
  });
});
