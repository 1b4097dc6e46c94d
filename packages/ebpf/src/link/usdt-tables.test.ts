import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { littleEndian, viewOf } from "../base/bytes.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import type { UsdtProbe } from "../elf/usdt.ts";
import type { Command, CommandAttributes, MapUpdate } from "../kernel/commands.ts";
import { NotSupportedError } from "../kernel/errors.ts";
import type { HasHandle } from "../kernel/handle.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { UsdtTables } from "./usdt-tables.ts";

const held = (kind: string): HasHandle => ({ handle: { kind } as unknown as HasHandle["handle"] });

/** A kernel whose maps hold values of `valueSize` bytes; `updates` says what was stored: map, index, first number. */
function kernelWith(valueSize: number, maxEntries = 4): { kernel: Kernel; updates: string[] } {
  const updates: string[] = [];
  const bpf = (command: Command, attributes: CommandAttributes<Command>): unknown => {
    if (command === "objGetInfoByFd") return { kind: "map", valueSize, maxEntries };
    const { map, key, value } = attributes as MapUpdate;
    const [index, first] = [key, value].map((it) =>
      viewOf(it as Uint8Array).getUint32(0, littleEndian),
    );
    updates.push(`${map.kind} ${index} ${first}`);
    return undefined;
  };
  return { kernel: { bpf } as unknown as Kernel, updates };
}

const site = (address: bigint): UsdtProbe => ({
  provider: "p",
  name: "n",
  address,
  offset: 0,
  semaphoreOffset: undefined,
  arguments: [],
});
const description = (number: number): Uint8Array => Uint8Array.of(number, 0, 0, 0);

describe("UsdtTables", () => {
  it("number descriptions, equal ones once", () => {
    const { kernel, updates } = kernelWith(208);
    const tables = UsdtTables.of(kernel, { specs: held("specs"), sites: undefined });
    const cookies = [5, 6, 5].map((it) => tables.add(site(0n), description(it)));
    assert.deepEqual(cookies, [0n, 1n, 0n]);
    assert.deepEqual(updates, ["specs 0 5", "specs 1 6"]);
  });
  it("are the same for the same maps", () => {
    const { kernel } = kernelWith(208);
    const maps = { specs: held("specs"), sites: undefined };
    UsdtTables.of(kernel, maps).add(site(0n), description(5));
    assert.equal(UsdtTables.of(kernel, maps).add(site(0n), description(6)), 1n);
  });
  it("note sites by the low bits of their addresses where there are no cookies", () => {
    const { kernel, updates } = kernelWith(208);
    const tables = UsdtTables.of(kernel, { specs: held("specs"), sites: held("sites") });
    assert.equal(tables.add(site(0x1010n), description(5)), undefined);
    tables.add(site(0x2010n), description(5));
    tables.add(site(0x1020n), description(6));
    assert.deepEqual(updates, ["specs 0 5", "sites 16 0", "sites 16 0", "specs 1 6", "sites 32 1"]);
    assert.throws(
      () => tables.add(site(0x7020n), description(5)),
      (error) => error instanceof NotSupportedError && error.since?.[1] === 15,
    );
  });
  it("have room for as much as their map", () => {
    const { kernel } = kernelWith(304, 1);
    const tables = UsdtTables.of(kernel, { specs: held("specs"), sites: undefined });
    assert.equal(tables.layout.argument, 24);
    tables.add(site(0n), description(5));
    assert.throws(() => tables.add(site(0n), description(6)), InvalidArgumentError);
  });
  it("refuse maps of something else", () =>
    assert.throws(
      () => UsdtTables.of(kernelWith(8).kernel, { specs: held("specs"), sites: undefined }),
      InvalidArgumentError,
    ));
});
