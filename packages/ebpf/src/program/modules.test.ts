import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgumentError } from "../base/errors.ts";
import { parseBtf } from "../btf/btf.ts";
import { BtfBuilder } from "../btf/testing-builder.ts";
import type { BtfTypeId } from "../btf/type.ts";
import { ldx } from "../asm/memory.ts";
import { r0, r1 } from "../isa/register.ts";
import type { Instruction } from "../isa/instruction.ts";
import { NotFoundError, PermissionError } from "../kernel/errors.ts";
import type { ProgLoad } from "../kernel/commands.ts";
import type { Handle } from "../kernel/handle.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { ProgramSpec } from "../spec/program-spec.ts";
import { structOps } from "../spec/struct-ops.ts";
import { program } from "../spec/program.ts";
import { loadProgram } from "./load.ts";

const vmlinux = new BtfBuilder();
const int = vmlinux.int("int", 4);
vmlinux.struct("here", 4, [["a", int, 0]]);
const inKernel = vmlinux.reference("func", int, "in_kernel");
vmlinux.func("typed", vmlinux.proto(int, []));
const alpha = new BtfBuilder(vmlinux);
alpha.struct("elsewhere", 8, [["b", int, 32]]);
const beta = new BtfBuilder(vmlinux);
const inBeta = beta.reference("func", int, "in_beta");
beta.struct("elsewhere", 8, [["b", int, 32]]);
const initialized = beta.reference("ptr", beta.proto(0, []));
const ops = beta.struct("beta_ops", 16, [
  ["size", int, 0],
  ["init", initialized, 64],
]);
beta.struct("bpf_struct_ops_beta_ops", 32, [["data", ops, 128]]);
const files: Readonly<Record<string, BtfBuilder>> = { vmlinux, alpha, beta };

/** What the kernel has BTF of, by number: itself, a program, a program that has just ended, modules. */
const objects = ["vmlinux", "", undefined, "alpha", "beta"];

interface Seen {
  readonly loads: ProgLoad[];
  /** Names of modules of which handles are open. */
  readonly open: string[];
}

const failure = { operation: "get", reason: "so", errno: 2, errnoName: "ENOENT" };

function kernelWith(seen: Seen, refused = false): Kernel {
  const handleOf = (name: string): Handle => {
    seen.open.push(name);
    const close = (): void => void seen.open.splice(seen.open.indexOf(name), 1);
    return { kind: "btf", name, close, [Symbol.dispose]: close } as unknown as Handle;
  };
  const answers: Readonly<Record<string, (given: never) => unknown>> = {
    btfGetNextId: ({ startId }: { startId: number }) => {
      if (refused) throw new PermissionError({ ...failure, missing: [] } as never);
      return startId < objects.length ? startId + 1 : undefined;
    },
    btfGetFdById: ({ id }: { id: number }) => {
      const name = objects[id - 1];
      if (name === undefined) throw new NotFoundError(failure);
      return handleOf(name);
    },
    objGetInfoByFd: ({ object: { name } }: { object: { name: string } }) => {
      return { kind: "btf", name, kernelBtf: name !== "" };
    },
    progLoad: (load: ProgLoad) => {
      seen.loads.push(load);
      return { kind: "program" };
    },
  };
  const bpf = (command: string, given: never): unknown => answers[command]!(given);
  const readBtf = (name: string): Uint8Array => files[name]!.build();
  return { version: [6, 18], bpf, readBtf } as unknown as Kernel;
}

function loaded(spec: ProgramSpec, refused = false): ProgLoad {
  const seen: Seen = { loads: [], open: [] };
  loadProgram(kernelWith(seen, refused), spec);
  assert.deepEqual(seen.open, []);
  return seen.loads[0]!;
}

/** Slots in hex. */
function slots({ insns }: ProgLoad): readonly string[] {
  return Buffer.from(insns).toString("hex").match(/.{16}/g)!;
}

function calling(...names: readonly string[]): ProgramSpec {
  const calls = names.map((name): Instruction => ({ kind: "call-kfunc", function: name }));
  return program("xdp", [...calls, { kind: "exit" }], { name: "main" });
}

describe("functions and variables of modules", () => {
  const namesOf = ({ fdArray }: ProgLoad) =>
    fdArray?.map((handle) => (handle as unknown as { name: string }).name);

  it("are found where the kernel has none, and named by the place of their module", () => {
    const load = loaded(calling("in_kernel", "in_beta", "in_beta"));
    assert.deepEqual(namesOf(load), ["beta", "beta"]);
    const id = (number: number): string => number.toString(16).padStart(2, "0");
    assert.deepEqual(slots(load).slice(0, 3), [
      `85200000${id(inKernel)}000000`,
      `85200100${id(inBeta)}000000`,
      `85200100${id(inBeta)}000000`,
    ]);
  });

  it("need no table when the kernel has them all", () => {
    assert.equal(loaded(calling("in_kernel")).fdArray, undefined);
  });

  it("may be weak, and are missing then", () => {
    const externs = [{ name: "nowhere", kind: "function", weak: true } as const];
    assert.match(slots(loaded({ ...calling("nowhere"), externs }))[0]!, /^85000000/);
    assert.throws(() => loaded(calling("nowhere")), /no kernel function "nowhere"/);
  });

  it("are named when they have to be there and are not", () => {
    const externs = [{ name: "in_kernl", kind: "function", weak: false } as const];
    assert.throws(
      () => loaded({ ...calling("in_kernl"), externs }),
      (error) =>
        error instanceof InvalidArgumentError &&
        error.message ===
          'program "main" uses function "in_kernl", which neither this kernel nor one of its modules has' &&
        /"in_kernel".*declare it __weak/.test(error.hint ?? ""),
    );
  });

  it("have flavours, of which the one counts that is like the kernel's", () => {
    const call = (name: string, returns: number, weak: boolean): ProgLoad => {
      const file = new BtfBuilder();
      file.int("int", 4);
      const type = file.proto(returns, []) as BtfTypeId;
      const local = { types: parseBtf(file.build()), type };
      const extern = { name, kind: "function", weak, local } as const;
      return loaded({ ...calling(name), externs: [extern] });
    };
    assert.match(slots(call("typed___one", int, true))[0]!, /^85200000/);
    assert.match(slots(call("typed___two", 0, true))[0]!, /^85000000/);
    assert.match(slots(call("typed", int, false))[0]!, /^85200000/);
    assert.throws(() => call("typed", 0, false), /uses function "typed", which is of another type/);
  });

  it("are not there for who may not list them", () => {
    assert.throws(() => loaded(calling("in_beta"), true), /no kernel function "in_beta"/);
  });

  it("are loaded by number, with the module beside", () => {
    const load = { kind: "wide-load", dst: "r1", value: { kind: "variable", name: "in_beta" } };
    const spec = program("xdp", [load as Instruction, { kind: "exit" }], { name: "main" });
    assert.deepEqual(slots(loaded(spec)).slice(0, 2), [
      `18310000${inBeta.toString(16).padStart(2, "0")}000000`,
      "0000000001000000",
    ]);
  });
});

describe("types of modules", () => {
  const relocated = (struct: string): ProgLoad => {
    const load = ldx("u32", r0, r1, 0);
    const core = { kind: "field-offset", field: { struct, path: ["b"] } } as const;
    const spec = program("xdp", [load, { kind: "exit" }], { name: "main" });
    return loaded({ ...spec, relocations: [{ index: 0, core }] });
  };

  it("are those of relocations when the kernel has none", () => {
    assert.equal(slots(relocated("elsewhere"))[0], "6110040000000000");
  });

  it("do not count for what the kernel has", () => {
    assert.match(slots(relocated("here"))[0]!, /^85/);
  });

  it("are attached to along with their module", () => {
    const target = { kind: "fentry", name: "in_beta" } as const;
    const load = loaded({ ...calling(), type: "tracing", target });
    assert.equal(load.attachBtfId, inBeta);
    assert.equal((load.attachBtfObj as unknown as { name: string }).name, "beta");
    const nowhere = { ...target, name: "in_gamma" };
    assert.throws(
      () => loaded({ ...calling(), type: "tracing", target: nowhere }),
      InvalidArgumentError,
    );
  });
});

describe("structs of functions of modules", () => {
  const exit: Instruction = { kind: "exit" };
  const spec = structOps({
    type: "beta_ops",
    members: { init: [exit], size: 5 },
    registration: "map_update",
  });

  it("are what their programs attach to", () => {
    const load = loaded(spec.programs["init"] as ProgramSpec);
    assert.deepEqual([load.attachBtfId, load.structOpsMember], [ops, 1]);
    assert.equal((load.attachBtfObj as unknown as { name: string }).name, "beta");
  });

  it("are not there when neither the kernel nor a module has them", () => {
    const other = structOps({ type: "gamma_ops", members: { init: [exit] } });
    assert.throws(
      () => loaded(other.programs["init"] as ProgramSpec),
      /no struct of functions "gamma_ops" in vmlinux/,
    );
  });
});
