import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BtfBuilder } from "../btf/testing-builder.ts";
import type { MapCreate } from "../kernel/commands.ts";
import type { Handle } from "../kernel/handle.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { structOps } from "../spec/struct-ops.ts";
import { createStructOps } from "./struct-ops.ts";

const vmlinux = new BtfBuilder();
const int = vmlinux.int("int", 4);
const module = new BtfBuilder(vmlinux);
const call = module.reference("ptr", module.proto(0, []));
const ops = module.struct("module_ops", 16, [
  ["size", int, 0],
  ["init", call, 64],
]);
const value = module.struct("bpf_struct_ops_module_ops", 32, [["data", ops, 128]]);
const files: Readonly<Record<string, BtfBuilder>> = { vmlinux, module };

/** A kernel with a module; `made` are the maps it is asked for, `open` the names of what is open. */
function kernelWith(made: MapCreate[], open: string[]): Kernel {
  const handleOf = (name: string): Handle => {
    open.push(name);
    const close = (): void => void open.splice(open.indexOf(name), 1);
    return { kind: "btf", name, close, [Symbol.dispose]: close } as unknown as Handle;
  };
  const answers: Readonly<Record<string, (given: never) => unknown>> = {
    btfGetNextId: ({ startId }: { startId: number }) => (startId === 0 ? 1 : undefined),
    btfGetFdById: () => handleOf("module"),
    objGetInfoByFd: () => ({ kind: "btf", name: "module", kernelBtf: true }),
    btfLoad: () => handleOf("own"),
    mapCreate: (map: MapCreate) => {
      made.push(map);
      return handleOf("map");
    },
  };
  const bpf = (command: string, given: never): unknown => answers[command]!(given);
  const readBtf = (name: string): Uint8Array => files[name]!.build();
  return { version: [6, 18], bpf, readBtf } as unknown as Kernel;
}

describe("structs of functions of a module", () => {
  it("are made with its types", () => {
    const made: MapCreate[] = [];
    const open: string[] = [];
    const members = { init: [{ kind: "exit" }], size: 5 } as const;
    const spec = structOps({ type: "module_ops", members, registration: "map_update" });
    const struct = createStructOps(kernelWith(made, open), spec, new Map());
    assert.deepEqual(open, ["map"]);
    struct.close();
    const { btfVmlinuxValueTypeId, valueSize, valueTypeBtfObj } = made[0]!;
    assert.deepEqual([btfVmlinuxValueTypeId, valueSize], [value, 32]);
    assert.equal((valueTypeBtfObj as unknown as { name: string }).name, "module");
  });
});
