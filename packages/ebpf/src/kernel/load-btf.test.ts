import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseBtf, type Btf } from "../btf/btf.ts";
import { printRaw } from "../btf/print/raw.ts";
import { BtfBuilder } from "../btf/testing-builder.ts";
import type { BtfKind } from "../btf/type.ts";
import { PermissionError, SyscallError, type SyscallFailure } from "./errors.ts";
import type { Handle } from "./handle.ts";
import type { Kernel } from "./kernel.ts";
import { loadBtf } from "./load-btf.ts";

const failure: SyscallFailure = {
  operation: "load BTF",
  errno: 22,
  errnoName: "EINVAL",
  reason: "so",
};

/** A kernel that takes what `takes` is true of, and the BTFs it was handed. */
function kernelThat(takes: (btf: Btf) => boolean): { kernel: Kernel; loads: Btf[]; open: number } {
  const seen = { loads: [] as Btf[], open: 0 };
  const bpf = (command: string, { btf: bytes }: { btf: Uint8Array }): Handle => {
    assert.equal(command, "btfLoad");
    const btf = parseBtf(bytes);
    seen.loads.push(btf);
    if (!takes(btf)) throw new SyscallError(failure);
    seen.open++;
    return { kind: "btf", close: () => void seen.open-- } as unknown as Handle;
  };
  return Object.assign(seen, { kernel: { bpf } as unknown as Kernel });
}

const without = (...kinds: readonly Exclude<BtfKind, "void">[]) => {
  return (btf: Btf): boolean => kinds.every((kind) => btf.countByKind()[kind] === 0);
};

function sample(): Uint8Array {
  const builder = new BtfBuilder();
  const int = builder.int("int", 4, 1);
  builder.enum64("wide", { A: 1n << 40n });
  builder.reference("type_tag", int, "user");
  builder.func("main", builder.proto(int, [["context", builder.ptr(0)]]), 1);
  return builder.build();
}

describe("loadBtf", () => {
  it("asks a kernel that takes everything nothing else", () => {
    const { kernel, loads } = kernelThat(() => true);
    loadBtf(kernel, sample());
    assert.deepEqual(loads.map(printRaw), [printRaw(parseBtf(sample()))]);
  });

  it("replaces what an older kernel does not know, and only that", () => {
    const seen = kernelThat(without("enum64", "float"));
    loadBtf(seen.kernel, sample());
    const counts = seen.loads.at(-1)!.countByKind();
    assert.deepEqual(
      [counts.enum64, counts.union, counts.type_tag, counts.func],
      [0, 1, 1, 1],
      printRaw(seen.loads.at(-1)!),
    );
    assert.equal(seen.loads.at(-1)!.typeByName("main", "func").linkage, "global");
    assert.equal(seen.open, 1, "what it was asked with is closed");
  });

  it("makes functions static where the kernel refuses global ones", () => {
    const seen = kernelThat((btf) =>
      btf.types("func").every(({ linkage }) => linkage === "static"),
    );
    loadBtf(seen.kernel, sample());
    assert.equal(seen.loads.at(-1)!.typeByName("main", "func").linkage, "static");
  });

  it("keeps ids and the offsets of texts, so that records of lines stay right", () => {
    const seen = kernelThat(without("enum64", "type_tag", "func", "func_proto"));
    loadBtf(seen.kernel, sample());
    const before = parseBtf(sample());
    const after = seen.loads.at(-1)!;
    assert.equal(after.typeByName("main").id, before.typeByName("main").id);
    const { bytes } = before.strings;
    assert.deepEqual(after.strings.bytes.subarray(0, bytes.length), bytes);
  });

  it("asks a kernel once", () => {
    const seen = kernelThat(without("enum64"));
    loadBtf(seen.kernel, sample());
    const asked = seen.loads.length;
    loadBtf(seen.kernel, sample());
    assert.equal(seen.loads.length, asked + 2);
  });

  it("passes on what is refused for another reason", () => {
    const wrong = kernelThat((btf) => btf.findByName("main") === undefined);
    assert.throws(() => loadBtf(wrong.kernel, sample()), SyscallError);
    const forbidden = {
      bpf: () => {
        throw new PermissionError({ ...failure, errnoName: "EPERM" });
      },
    } as unknown as Kernel;
    assert.throws(() => loadBtf(forbidden, sample()), PermissionError);
  });
});
