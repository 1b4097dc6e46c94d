import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseBtf, type Btf } from "../btf/btf.ts";
import type { Instruction } from "../isa/instruction.ts";
import { SyscallError } from "../kernel/errors.ts";
import type { KernelVersion } from "../kernel/feature.ts";
import type { Handle } from "../kernel/handle.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { program } from "../spec/program.ts";
import { prepareProgram } from "./prepare.ts";

const instructions: readonly Instruction[] = [
  { kind: "alu", op: "mov", width: 64, dst: "r0", src: 0 },
  { kind: "exit" },
];
const spec = {
  ...program("xdp", instructions, { name: "main" }),
  functions: [{ index: 0, name: "main", parameters: [] }],
};

/** A kernel of this version that takes what `takes` is true of, and the BTF it took last. */
function kernelOf(version: KernelVersion, takes: (btf: Btf) => boolean) {
  const taken: Btf[] = [];
  const bpf = (_command: string, { btf: bytes }: { btf: Uint8Array }): Handle => {
    const btf = parseBtf(bytes);
    if (!takes(btf)) {
      const failure = { operation: "load BTF", errno: 22, errnoName: "EINVAL", reason: "so" };
      throw new SyscallError(failure);
    }
    taken.push(btf);
    return { kind: "btf", close: () => {}, [Symbol.dispose]: () => {} } as unknown as Handle;
  };
  return { kernel: { version, bpf } as unknown as Kernel, taken };
}

describe("prepareProgram", () => {
  const prepare = (kernel: Kernel) => {
    using resources = new DisposableStack();
    return prepareProgram(kernel, spec, { resources });
  };

  it("describes the program to a kernel that knows everything, in one load", () => {
    const { kernel, taken } = kernelOf([6, 18], () => true);
    assert.ok(prepare(kernel).attributes.progBtf);
    assert.deepEqual(
      taken.map((btf) => btf.typeByName("main", "func").linkage),
      ["global"],
    );
  });

  it("describes it as older kernels know it", () => {
    const { kernel, taken } = kernelOf([5, 5], (btf) =>
      btf.types("func").every(({ linkage }) => linkage === "static"),
    );
    const { attributes } = prepare(kernel);
    assert.ok(attributes.progBtf);
    assert.equal(taken.at(-1)!.typeByName("main", "func").linkage, "static");
  });

  it("leaves BTF out before kernels took any about programs", () => {
    const { kernel, taken } = kernelOf([4, 19], () => true);
    assert.deepEqual(prepare(kernel), { instructions, attributes: {}, lacking: new Map() });
    assert.equal(taken.length, 0);
  });
});
