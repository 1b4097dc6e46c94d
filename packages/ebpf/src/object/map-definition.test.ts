import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseBtf } from "../btf/btf.ts";
import { BtfWriter } from "../btf/write/writer.ts";
import { u32, u64 } from "../layout/integer.ts";
import { struct } from "../layout/struct.ts";
import { mapTypes } from "../spec/generated/words.ts";
import { hashMap } from "../spec/hash-map.ts";
import { arrayOfMaps } from "../spec/map-of-maps.ts";
import { bloomFilter, queueMap } from "../spec/queue-map.ts";
import { ringbuf } from "../spec/ringbuf.ts";
import { stackTraceMap } from "../spec/stack-trace-map.ts";
import { taskStorage } from "../spec/storage-map.ts";
import { mapFlagBits as bitsOfSys, mapTypeNumbers } from "../sys/generated/constants.ts";
import type { MapFlag } from "../spec/words.ts";
import { addMapDefinition, mapFlagBits, mapTypeNumber, type DefinedMap } from "./map-definition.ts";

/** What the definition says, as C: `type: int (*)[1]`. */
function definition(map: DefinedMap): readonly string[] {
  const writer = new BtfWriter();
  const { type, size } = addMapDefinition(writer, map);
  const btf = parseBtf(writer.encode());
  const written = btf.typeById(type);
  assert.ok(written.kind === "struct");
  assert.equal(written.size, size);
  return written.members.map((member, index) => {
    assert.equal(member.bitOffset, 64 * index);
    return `${member.name}: ${btf.describe(member.type)}`;
  });
}

describe("addMapDefinition", () => {
  const check = (map: DefinedMap, expected: readonly string[]): void =>
    assert.deepEqual(definition(map), expected);
  const Event = struct("event", { pid: u32 });

  it("says type, size, flags, key and value", () =>
    check(hashMap("counts", u32, Event, { maxEntries: 5, flags: ["no_prealloc", "numa_node"] }), [
      "type: int (*)[1]",
      "max_entries: int (*)[5]",
      "map_flags: int (*)[5]",
      "key: unsigned int *",
      "value: struct event *",
    ]));

  it("says no key and no value of ring buffers", () =>
    check(ringbuf("events", Event, 4096), ["type: int (*)[27]", "max_entries: int (*)[4096]"]));

  it("says sizes where the kernel takes no types", () => {
    check(queueMap("queue", u64, 3), [
      "type: int (*)[22]",
      "max_entries: int (*)[3]",
      "value_size: int (*)[8]",
    ]);
    check(stackTraceMap("stacks", { maxEntries: 3, depth: 2 }), [
      "type: int (*)[7]",
      "max_entries: int (*)[3]",
      "key_size: int (*)[4]",
      "value_size: int (*)[16]",
    ]);
  });

  it("says how many hash functions there are", () =>
    check(bloomFilter("seen", u64, { maxEntries: 3, hashes: 4 }), [
      "type: int (*)[30]",
      "max_entries: int (*)[3]",
      "map_extra: int (*)[4]",
      "value: unsigned long long *",
    ]));

  it("says no number of elements where there is none", () =>
    check(taskStorage("storage", u64), [
      "type: int (*)[29]",
      "map_flags: int (*)[1]",
      "key: signed int *",
      "value: unsigned long long *",
    ]));

  it("says what the maps in a map are like, last", () => {
    const said = definition(arrayOfMaps("outer", hashMap("inner", u32, u64, 3), 7));
    assert.equal(said.length, 5);
    assert.equal(said.at(-1), "values: struct {…} *[0]");
  });
});

describe("numbers of maps", () => {
  it("are those that go into system calls", () => {
    for (const type of mapTypes) assert.equal(mapTypeNumber(type), mapTypeNumbers[type]);
    for (const flag of Object.keys(bitsOfSys) as MapFlag[]) {
      assert.equal(mapFlagBits([flag]), bitsOfSys[flag]);
    }
    assert.equal(mapFlagBits(["no_prealloc", "rb_overwrite"]), 0x80001);
  });
});
