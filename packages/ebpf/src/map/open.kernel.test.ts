import assert from "node:assert/strict";
import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { InvalidArgumentError } from "../base/errors.ts";
import { compileAndLoad } from "../collection/load.ts";
import { NotFoundError } from "../kernel/errors.ts";
import { u32, u64 } from "../layout/integer.ts";
import { arrayMap } from "../spec/array-map.ts";
import { hashMap } from "../spec/hash-map.ts";
import { fdOf } from "../sys/fd.ts";
import { mountPoints } from "../sys/machine/mounts.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";
import { needs } from "../testing/needs.ts";
import { createMap } from "./create.ts";
import { createOrOpenPinnedMap, openMapDescriptor, openPinnedMap } from "./open.ts";

const kernel = openNativeKernel();
const spec = hashMap("counts", u32, u64, 8);

/** Runs `use` with the path of a pin that is not there yet. */
async function withPath(use: (path: string) => void | Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(mountPoints("bpf")[0]!, "ts-ebpf-"));
  try {
    await use(join(folder, "counts"));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("a pinned map", needs("root", "bpf", "bpffs"), () => {
  it("keeps what is in it when nobody has it open", () =>
    withPath((path) => {
      {
        using map = createOrOpenPinnedMap(kernel, path, spec);
        map.set(1, 7n);
      }
      using again = createOrOpenPinnedMap(kernel, path, spec);
      assert.equal(again.get(1), 7n);
      using opened = openPinnedMap(kernel, path, spec);
      assert.equal(opened.id, again.id);
    }));

  it("is not there before it is pinned", () =>
    withPath((path) => assert.throws(() => openPinnedMap(kernel, path, spec), NotFoundError)));

  it("is shared by those who make it at the same time", () =>
    withPath((path) => {
      using first = createOrOpenPinnedMap(kernel, path, spec);
      using other = createMap(kernel, spec);
      assert.throws(() => other.pin(path), { name: "ExistsError" });
      first.set(2, 2n);
      using second = createOrOpenPinnedMap(kernel, path, spec);
      assert.equal(second.get(2), 2n);
    }));

  it("is refused when it is another one, with all differences", () =>
    withPath((path) => {
      using map = createMap(kernel, spec);
      map.pin(path);
      const refuse = (wrong: Parameters<typeof createMap>[1], message: RegExp): void =>
        assert.throws(
          () => openPinnedMap(kernel, path, wrong),
          (error) => error instanceof InvalidArgumentError && message.test(error.message),
        );
      refuse(hashMap("counts", u64, u64, 8), /keySize is 4 instead of 8$/);
      refuse(hashMap("counts", u32, u32, 9), /valueSize is 8 instead of 4, maxEntries is 8 inst/);
      refuse(arrayMap("counts", u64, 8), /type is hash instead of array/);
      const lazy = hashMap("counts", u32, u64, { maxEntries: 8, flags: ["no_prealloc"] });
      refuse(lazy, /lacks the flag no_prealloc/);
      assert.throws(() => createOrOpenPinnedMap(kernel, path, lazy), InvalidArgumentError);
    }));

  it("is mapped into memory again", () =>
    withPath((path) => {
      const mapped = arrayMap("array", u64, { maxEntries: 3, flags: ["mmapable"] });
      createOrOpenPinnedMap(kernel, path, mapped).close();
      using map = openPinnedMap(kernel, path, mapped);
      map.set(2, 5n);
      assert.ok(map.mapped);
      assert.deepEqual([...map.values()], [0n, 0n, 5n]);
      assert.deepEqual(
        [...map],
        [
          [0, 0n],
          [1, 0n],
          [2, 5n],
        ],
      );
    }));
});

describe("a collection with pins", needs("root", "bpf", "bpffs"), () => {
  const rest = arrayMap("rest", u32, 1);

  it("finds its maps again with what is in them", () =>
    withPath(async (path) => {
      const pins = { counts: path };
      {
        using first = await compileAndLoad(kernel, { counts: spec, rest }, { pins });
        first.counts.set(3, 9n);
      }
      using second = await compileAndLoad(kernel, { counts: spec }, { pins });
      assert.equal(second.counts.get(3), 9n);
      await assert.rejects(
        compileAndLoad(kernel, { counts: hashMap("counts", u64, u64, 8) }, { pins }),
        /keySize is 4 instead of 8/,
      );
    }));

  it("refuses pins of maps it does not have", async () => {
    const wrong = compileAndLoad(kernel, { counts: spec }, { pins: { cuonts: "/x" } });
    await assert.rejects(wrong, { name: "InvalidArgumentError", hint: /"counts"/ });
  });
});

describe("a map behind a descriptor", needs("root", "bpf"), () => {
  it("is opened, and the descriptor stays", () => {
    using map = createMap(kernel, spec);
    map.set(1, 5n);
    const descriptor = fdOf(map.handle).raw;
    {
      using again = openMapDescriptor(kernel, descriptor, spec);
      assert.equal(again.get(1), 5n);
    }
    assert.equal(map.get(1), 5n);
    assert.throws(
      () => openMapDescriptor(kernel, descriptor, hashMap("counts", u64, u64, 8)),
      /keySize is 4 instead of 8/,
    );
  });

  it("is refused when there is no map", () => {
    const descriptor = openSync("/dev/null", "r");
    try {
      assert.throws(
        () => openMapDescriptor(kernel, descriptor, spec),
        (error) => error instanceof InvalidArgumentError && /is not of a map/.test(error.message),
      );
    } finally {
      closeSync(descriptor);
    }
    assert.throws(() => openMapDescriptor(kernel, 99_999, spec), /no such descriptor/);
  });
});
