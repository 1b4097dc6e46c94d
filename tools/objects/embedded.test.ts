import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { writeElf } from "ts-ebpf/elf";
import { embeddedObjects } from "./embedded.ts";

describe("embeddedObjects", () => {
  const section = { name: "xdp", bytes: Uint8Array.of(1, 2, 3) };
  const object = (machine: number): Uint8Array =>
    writeElf({ byteOrder: "little", machine, sections: [section], symbols: [] });
  const check = (parts: readonly Uint8Array[], expected: readonly Uint8Array[]): void =>
    assert.deepEqual(
      embeddedObjects(Buffer.concat(parts)).map((one) => Buffer.from(one)),
      expected.map((one) => Buffer.from(one)),
    );
  const [bpf, other] = [object(247), object(62)];

  it("finds objects of BPF within anything else", () => {
    check([], []);
    check([Buffer.from("text"), bpf, Buffer.from("more"), bpf], [bpf, bpf]);
  });

  it("passes over other machines' files, and what is cut off", () => {
    check([other, bpf], [bpf]);
    check([bpf.subarray(0, 80)], []);
    check([bpf.subarray(0, 20)], []);
  });
});
