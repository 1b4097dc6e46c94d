import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { BatchResult, MapReadBatch } from "../kernel/commands.ts";
import type { Handle } from "../kernel/handle.ts";
import type { ElementAccess, Kernel } from "../kernel/kernel.ts";
import { u8 } from "../layout/integer.ts";
import { BatchReader, type ReadCommand } from "./batch-reader.ts";
import type { BatchTarget } from "./batch-target.ts";

/** What the kernel hands out, call by call: the keys of a batch, and whether the map ends there. */
type Script = readonly (readonly [keys: readonly number[], end?: "end"])[];

interface Read {
  readonly keys: readonly number[];
  readonly restarts: number;
  readonly calls: number;
}

function read(
  script: Script,
  traits: Pick<BatchTarget<number, number>, "walksByKey" | "mayMiss">,
  command: ReadCommand = "mapLookupBatch",
): Read {
  let calls = 0;
  const bpf = (_: string, { keys, values }: MapReadBatch): BatchResult => {
    const [given, end] = script[calls++] ?? [[], "end"];
    keys.set(given);
    values.set(given);
    return { count: given.length, done: end === "end" };
  };
  const target: BatchTarget<number, number> = {
    kernel: { bpf } as unknown as Kernel,
    name: "played",
    handle: {} as Handle,
    access: {} as ElementAccess,
    maxEntries: 100,
    key: u8,
    value: u8,
    ...traits,
  };
  const reader = new BatchReader(target, command, {});
  const keys: number[] = [];
  for (const batch of reader.read()) {
    assert.ok(batch.length > 0, "a batch is empty");
    for (const [key, value] of batch) {
      assert.equal(value, key);
      keys.push(key);
    }
  }
  return { keys, restarts: reader.restarts, calls };
}

describe("reading in batches", () => {
  const plain = { walksByKey: false, mayMiss: false };
  const byKey = { walksByKey: true, mayMiss: false };
  const moving = { walksByKey: true, mayMiss: true };

  it("gives what the kernel gives", () =>
    assert.deepEqual(read([[[1, 2]], [[]], [[3], "end"]], plain), {
      keys: [1, 2, 3],
      restarts: 0,
      calls: 3,
    }));
  it("gives nothing of an empty map", () => assert.deepEqual(read([[[], "end"]], plain).keys, []));
  it("leaves out what comes again where the kernel may start over", () =>
    assert.deepEqual(read([[[1, 2, 3]], [[1, 2]], [[3, 4]], [[2, 5], "end"]], byKey), {
      keys: [1, 2, 3, 4, 5],
      restarts: 2,
      calls: 4,
    }));
  it("looks again for what a walk may have missed, until there is nothing more", () =>
    assert.deepEqual(
      read(
        [
          [[1, 3], "end"],
          [[1, 2, 3], "end"],
          [[3, 2, 1], "end"],
        ],
        moving,
      ),
      {
        keys: [1, 3, 2],
        restarts: 1,
        calls: 3,
      },
    ));
  it("takes until there is nothing left", () =>
    assert.deepEqual(
      read(
        [
          [[1, 3], "end"],
          [[2], "end"],
          [[], "end"],
        ],
        moving,
        "mapLookupAndDeleteBatch",
      ),
      { keys: [1, 3, 2], restarts: 0, calls: 3 },
    ));
  it("gives a key that was taken and came back", () =>
    assert.deepEqual(
      read(
        [
          [[1], "end"],
          [[1], "end"],
          [[], "end"],
        ],
        moving,
        "mapLookupAndDeleteBatch",
      ).keys,
      [1, 1],
    ));
});
