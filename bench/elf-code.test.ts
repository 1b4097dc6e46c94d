import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { countInstructions } from "./elf-code.ts";

const [headerBytes, sectionBytes] = [64, 64];

/** An object file of sections with these flags and sizes, and nothing in them. */
function objectFile(
  sections: readonly { readonly flags: bigint; readonly bytes: bigint }[],
  littleEndian = true,
): Uint8Array {
  const file = new Uint8Array(headerBytes + sections.length * sectionBytes);
  const view = new DataView(file.buffer);
  view.setUint32(0, 0x7f454c46);
  file.set([2, littleEndian ? 1 : 2], 4);
  view.setBigUint64(0x28, BigInt(headerBytes), littleEndian);
  view.setUint16(0x3a, sectionBytes, littleEndian);
  view.setUint16(0x3c, sections.length, littleEndian);
  sections.forEach(({ flags, bytes }, index) => {
    const at = headerBytes + index * sectionBytes;
    view.setBigUint64(at + 8, flags, littleEndian);
    view.setBigUint64(at + 0x20, bytes, littleEndian);
  });
  return file;
}

describe("countInstructions", () => {
  const [code, data] = [6n, 3n];
  const sections = [
    { flags: 0n, bytes: 0n },
    { flags: code, bytes: 40n },
    { flags: data, bytes: 800n },
    { flags: code, bytes: 16n },
  ];

  it("adds up the sections that hold instructions, in slots of 8 bytes", () => {
    assert.equal(countInstructions(objectFile(sections)), 7);
    assert.equal(countInstructions(objectFile(sections, false)), 7);
    assert.equal(countInstructions(objectFile([])), 0);
  });

  it("refuses what is no 64-bit object file", () => {
    const file = objectFile(sections);
    file[4] = 1;
    for (const bad of [file, new Uint8Array(64), new Uint8Array(3), new Uint8Array()]) {
      assert.throws(() => countInstructions(bad), /no 64-bit object file/);
    }
  });
});
