import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { littleEndian, viewOf } from "../base/bytes.ts";
import { MalformedError } from "../base/errors.ts";
import { readLibraryCache } from "./library-cache.ts";

interface Entry {
  readonly flags: number;
  readonly name: string;
  readonly path: string;
  readonly processor?: bigint;
}

function cache(entries: readonly Entry[], before = ""): Uint8Array {
  const texts = entries.flatMap(({ name, path }) => [name, path]);
  const start = 48 + 24 * entries.length;
  const bytes = new Uint8Array(start + `${texts.join("\0")}\0`.length);
  const view = viewOf(bytes);
  const encoder = new TextEncoder();
  bytes.set(encoder.encode("glibc-ld.so.cache1.1"));
  view.setUint32(20, entries.length, littleEndian);
  let at = start;
  const put = (text: string): number => {
    bytes.set(encoder.encode(text), at);
    at += text.length + 1;
    return at - text.length - 1;
  };
  for (const [index, { flags, name, path, processor = 0n }] of entries.entries()) {
    const entry = 48 + 24 * index;
    view.setUint32(entry, flags, littleEndian);
    view.setUint32(entry + 4, put(name), littleEndian);
    view.setUint32(entry + 8, put(path), littleEndian);
    view.setBigUint64(entry + 16, processor, littleEndian);
  }
  return Uint8Array.from([...encoder.encode(before), ...bytes]);
}

const libc = { flags: 0x0303, name: "libc.so.6", path: "/lib/libc.so.6" };

describe("readLibraryCache", () => {
  it("has the libraries with their machines", () =>
    assert.deepEqual(readLibraryCache(cache([libc, { ...libc, flags: 0x0a03, processor: 1n }])), [
      { name: "libc.so.6", path: "/lib/libc.so.6", machine: 3, special: false },
      { name: "libc.so.6", path: "/lib/libc.so.6", machine: 10, special: true },
    ]));
  it("passes over what older systems put in front", () =>
    assert.equal(readLibraryCache(cache([libc], "ld.so-1.7.0\0gg")).length, 1));
  it("is empty for other files", () =>
    assert.deepEqual(readLibraryCache(new TextEncoder().encode("glibc, but not this")), []));
  it("refuses damaged ones", () => {
    assert.throws(() => readLibraryCache(cache([libc]).subarray(0, 60)), MalformedError);
    assert.throws(() => readLibraryCache(cache([libc]).subarray(0, 73)), MalformedError);
  });
  it("throws nothing else, whatever it holds", () =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        try {
          readLibraryCache(Uint8Array.from([...cache([]).subarray(0, 20), ...bytes]));
        } catch (error) {
          assert.ok(error instanceof MalformedError);
        }
      }),
    ));
});
