import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { viewOf } from "../base/bytes.ts";
import { MalformedError } from "../base/errors.ts";
import { readElf } from "./read.ts";
import { readUsdtProbes, type UsdtProbe } from "./usdt.ts";
import { type NewSection, writeElf } from "./write.ts";

interface Note {
  readonly pc?: bigint;
  readonly base?: bigint;
  readonly semaphore?: bigint;
  readonly texts?: string;
  readonly owner?: string;
  readonly type?: number;
}

/** A note, as the macros of <sys/sdt.h> write it. */
function note({ pc = 0x10n, base = 0n, semaphore = 0n, ...rest }: Note): Uint8Array {
  const { texts = "mine\0start\0-4@%edi\0", owner = "stapsdt", type = 3 } = rest;
  const name = new TextEncoder().encode(`${owner}\0`);
  const text = new TextEncoder().encode(texts);
  const size = 24 + text.length;
  const bytes = new Uint8Array(12 + roundedUp(name.length) + roundedUp(size));
  const view = viewOf(bytes);
  view.setUint32(0, name.length, true);
  view.setUint32(4, size, true);
  view.setUint32(8, type, true);
  bytes.set(name, 12);
  const at = 12 + roundedUp(name.length);
  view.setBigUint64(at, pc, true);
  view.setBigUint64(at + 8, base, true);
  view.setBigUint64(at + 16, semaphore, true);
  bytes.set(text, at + 24);
  return bytes;
}

const roundedUp = (size: number): number => Math.ceil(size / 4) * 4;

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

const code: NewSection = { name: ".text", flags: ["alloc", "execute"], bytes: new Uint8Array(64) };

/** A file whose code is at address 0, with these notes. */
function file(notes: Uint8Array, ...more: readonly NewSection[]): Uint8Array {
  const noted: NewSection = { name: ".note.stapsdt", type: "note", bytes: notes };
  const sections = [code, noted, ...more];
  return writeElf({ byteOrder: "little", machine: 62, sections, symbols: [] });
}

const probesOf = (bytes: Uint8Array): readonly UsdtProbe[] => readUsdtProbes(readElf(bytes, "f"));
const textOffset = (bytes: Uint8Array): number =>
  readElf(bytes).sections.find(({ name }) => name === ".text")!.offset;

describe("readUsdtProbes", () => {
  it("finds each site", () => {
    const bytes = file(joined([note({}), note({ pc: 0x20n, texts: "mine\0stop\0\0" })]));
    const found = probesOf(bytes).map(({ provider, name, address, offset }) => {
      return { provider, name, address, offset };
    });
    const offset = textOffset(bytes);
    assert.deepEqual(found, [
      { provider: "mine", name: "start", address: 0x10n, offset: offset + 0x10 },
      { provider: "mine", name: "stop", address: 0x20n, offset: offset + 0x20 },
    ]);
  });
  it("reads their arguments", () => {
    const [probe] = probesOf(file(note({})));
    assert.deepEqual(probe!.arguments, [
      { text: "-4@%edi", sizeBytes: 4, signed: true, kind: "register", register: "di" },
    ]);
    assert.equal(probe!.semaphoreOffset, undefined);
  });
  it("finds the semaphore", () => {
    const bytes = file(note({ semaphore: 0x30n }));
    assert.equal(probesOf(bytes)[0]!.semaphoreOffset, textOffset(bytes) + 0x30);
  });
  it("moves addresses along with their base", () => {
    const base: NewSection = { name: ".stapsdt.base", bytes: new Uint8Array(1) };
    const bytes = file(note({ pc: 0x1010n, base: 0x1000n, semaphore: 0x1020n }), base);
    const [probe] = probesOf(bytes);
    assert.equal(probe!.address, 0x10n);
    assert.equal(probe!.semaphoreOffset, textOffset(bytes) + 0x20);
  });
  it("passes over notes of others", () =>
    assert.deepEqual(probesOf(file(joined([note({ owner: "GNU" }), note({ type: 1 })]))), []));
  it("finds none in files without", () =>
    assert.deepEqual(
      probesOf(writeElf({ byteOrder: "little", machine: 62, sections: [code], symbols: [] })),
      [],
    ));

  const refuses = (notes: Uint8Array, message: RegExp): void =>
    assert.throws(
      () => probesOf(file(notes)),
      (error) => error instanceof MalformedError && message.test(error.message),
    );
  it("refuses places that are not in the file", () => {
    refuses(note({ pc: 0x1000n }), /mine:start is not in the file/);
    refuses(note({ semaphore: 0x1000n }), /semaphore of mine:start/);
  });
  it("refuses damaged notes", () => {
    refuses(note({}).subarray(0, 40), /do not lie in/);
    refuses(note({ texts: "mine\0start" }), /text without an end/);
  });
  it("throws nothing else, whatever the notes are", () =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        try {
          probesOf(file(bytes));
        } catch (error) {
          assert.ok(error instanceof MalformedError);
        }
      }),
    ));
});
