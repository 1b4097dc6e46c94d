import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { PreparedCall } from "@ts-ebpf/native";
import type { ElementShape } from "../../kernel/kernel.ts";
import { Caller } from "../call/caller.ts";
import { NativeElements } from "./elements.ts";
import { type ErrnoName, errno } from "../call/errno.ts";
import { Fd } from "../fd.ts";
import { fakeBridge, wordsIn } from "../testing-bridge.ts";

interface Fixture {
  readonly elements: NativeElements;
  readonly map: Fd;
  readonly dataSize: number;
  readonly planned: readonly PreparedCall[];
  /** Indexes of the calls made. */
  readonly made: number[];
  /** What the next calls return. */
  readonly answer: (result: ErrnoName | 0) => void;
}

function open({ keySize, valueSize }: Omit<ElementShape, "name">): Fixture {
  const made: number[] = [];
  let planned: readonly PreparedCall[] = [];
  let dataSize = 0;
  let result: ErrnoName | 0 = 0;
  const bridge = fakeBridge(() => 0, {
    prepare: (size, calls) => {
      [dataSize, planned] = [size, calls];
      const functions = calls.map((_, index) => () => {
        made.push(index);
        return result === 0 ? 0 : -errno[result];
      });
      return { data: new ArrayBuffer(size), calls: functions };
    },
  });
  const map = new Fd(bridge, 10, { kind: "map", label: 'map "counts"' });
  const shape = { name: "counts", keySize, valueSize };
  const elements = new NativeElements(new Caller(bridge, [6, 18]), map, shape);
  return { elements, map, dataSize, planned, made, answer: (next) => void (result = next) };
}

describe("NativeElements", () => {
  it("lays key and value out one behind the other, the value aligned", () => {
    const { elements, dataSize } = open({ keySize: 5, valueSize: 12 });
    assert.equal(dataSize, 20);
    assert.deepEqual([elements.key.byteOffset, elements.key.length], [0, 5]);
    assert.deepEqual([elements.value.byteOffset, elements.value.length], [8, 12]);
    assert.equal(elements.key.buffer, elements.value.buffer);
  });
  it("makes the call of each mode", () => {
    const { elements, planned, made } = open({ keySize: 4, valueSize: 8 });
    elements.lookup("plain");
    elements.lookup("locked");
    elements.update("any");
    elements.update("noexist");
    elements.update("exist");
    elements.update("any-locked");
    elements.update("noexist-locked");
    elements.update("exist-locked");
    elements.delete();
    elements.lookupAndDelete("plain");
    elements.lookupAndDelete("locked");
    elements.nextKey();
    elements.firstKey();
    const flags = 24;
    assert.deepEqual(
      made.map((index) => {
        const { command, attr, pointers } = planned[index]!;
        const words = wordsIn(attr);
        assert.equal(words[0], 10);
        return [command, words[flags] ?? 0, ...pointers];
      }),
      [
        [1, 0, 8, 0, 16, 8],
        [1, 4, 8, 0, 16, 8],
        [2, 0, 8, 0, 16, 8],
        [2, 1, 8, 0, 16, 8],
        [2, 2, 8, 0, 16, 8],
        [2, 4, 8, 0, 16, 8],
        [2, 5, 8, 0, 16, 8],
        [2, 6, 8, 0, 16, 8],
        [3, 0, 8, 0],
        [21, 0, 8, 0, 16, 8],
        [21, 4, 8, 0, 16, 8],
        [4, 0, 8, 0, 16, 0],
        [4, 0, 16, 0],
      ],
    );
  });
  it("has no pointer to a key where there are no keys", () => {
    const { planned, dataSize } = open({ keySize: 0, valueSize: 4 });
    assert.equal(dataSize, 4);
    assert.deepEqual(planned[0]!.pointers, [16, 0]);
  });
  it("says whether there was an element", () => {
    const { elements, answer } = open({ keySize: 4, valueSize: 4 });
    assert.equal(elements.lookup("plain"), true);
    answer("ENOENT");
    assert.equal(elements.lookup("plain"), false);
    assert.equal(elements.delete(), false);
    assert.equal(elements.lookupAndDelete("plain"), false);
    assert.equal(elements.nextKey(), false);
    assert.equal(elements.firstKey(), false);
  });

  const refuse = (name: ErrnoName, error: string, message: RegExp): void => {
    const { elements, answer } = open({ keySize: 4, valueSize: 4 });
    answer(name);
    assert.throws(() => elements.update("any"), { name: error, message });
  };
  it("tells why an update was refused", () => {
    refuse(
      "ENOENT",
      "NotFoundError",
      /^cannot update an element of map "counts": there is no such/,
    );
    refuse("EEXIST", "ExistsError", /the element is there already/);
    refuse("E2BIG", "NoSpaceError", /the map is full/);
    refuse("EBUSY", "TransientError", /working on the same bucket/);
    refuse("EPERM", "PermissionError", /the map is frozen/);
    refuse("ENOTSUPP", "NotSupportedError", /this operation on this kind of map/);
  });
  it("makes no call once the map is closed, as its number may mean something else", () => {
    const { elements, map, made } = open({ keySize: 4, valueSize: 4 });
    map.close();
    const closed = { name: "ClosedError", message: 'map "counts" is closed' };
    assert.throws(() => elements.lookup("plain"), closed);
    assert.throws(() => elements.update("any"), closed);
    assert.throws(() => elements.delete(), closed);
    assert.throws(() => elements.lookupAndDelete("plain"), closed);
    assert.throws(() => elements.nextKey(), closed);
    assert.throws(() => elements.firstKey(), closed);
    assert.deepEqual(made, []);
  });
});
