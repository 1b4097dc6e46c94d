import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { writeObject } from "ts-ebpf/object";
import { config, program, u32 } from "ts-ebpf";
import { parse } from "ts-ebpf/isa";
import type { Kernel } from "ts-ebpf/kernel";
import { ourPrograms, parseHanded } from "./instructions.ts";

const exit = "9500000000000000";

describe("parseHanded", () => {
  it("numbers maps by when they are met, and leaves other wide loads alone", () => {
    const load = (source: string, number: string): string => `18${source}10000${number}000000`;
    const second = "0000000010000000";
    const parts = [
      load("1", "07"),
      second,
      load("2", "05"),
      second,
      load("1", "07"),
      second,
      load("0", "07"),
      second,
      exit,
    ];
    const [name, { slots, attachBtfId }] = parseHanded(`main 12 ${parts.join("")}`);
    assert.deepEqual([name, attachBtfId], ["main", 12]);
    assert.deepEqual(
      slots.filter((_, index) => index % 2 === 0),
      ["18110000map00000", "18210000map00001", "18110000map00000", load("0", "07"), exit],
    );
    assert.equal(slots[1], second);
  });
});

describe("ourPrograms", () => {
  const kernel = { version: [6, 18], cpus: { possible: [0] } } as unknown as Kernel;

  it("are what is handed to a kernel, and nothing gets there", () => {
    const limit = config("limit", u32, 7);
    const bytes = writeObject({ limit, main: program("xdp", parse("r1 = map[limit][0]+0\nexit")) });
    const handed = ourPrograms(kernel, bytes);
    assert.deepEqual(handed.get("main"), {
      slots: ["18210000map00000", "0000000000000000", exit],
      attachBtfId: 0,
    });
  });
});
