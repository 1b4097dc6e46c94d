import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { addrSpaceCast, mov } from "../../asm/alu.ts";
import { assemble, type Item } from "../../asm/assemble.ts";
import { callKfunc, exit } from "../../asm/call.ts";
import { ldx, st } from "../../asm/memory.ts";
import { loadMap } from "../../asm/wide.ts";
import { InvalidArgumentError } from "../../base/errors.ts";
import { parseBtf } from "../../btf/btf.ts";
import { encode } from "../../isa/encode.ts";
import { NotSupportedError } from "../../kernel/errors.ts";
import type { MapFlag } from "../../spec/words.ts";
import type { Handle } from "../../kernel/handle.ts";
import { createSimulatedKernel, type SimulatedKernel } from "../simulated-kernel.ts";

const flags: readonly MapFlag[] = ["mmapable"];
const sizes = { keySize: 0, valueSize: 0 };

function arenaOf(kernel: SimulatedKernel, more: readonly MapFlag[] = [], maxEntries = 4): Handle {
  return kernel.bpf("mapCreate", {
    mapType: "arena",
    ...sizes,
    maxEntries,
    mapFlags: [...flags, ...more],
  });
}

const mapped = (kernel: SimulatedKernel, map: Handle) =>
  kernel.openMemory(map, { sizeBytes: 4 * 4096, access: "read-write" });

/** The number of a map is its place in the list that goes along. */
function load(kernel: SimulatedKernel, code: Item, maps: readonly Handle[]): Handle {
  const insns = encode(assemble(code), { map: (name) => Number(name), kfunc: kfuncIn(kernel) });
  const flagged = { progType: "syscall", progFlags: ["sleepable"], license: "GPL" } as const;
  return kernel.bpf("progLoad", { ...flagged, insns, maps });
}

const kfuncIn = (kernel: SimulatedKernel) => (name: string) => {
  const module = { module: 0, object: 0 };
  const id = kfuncIds(kernel).get(name)!;
  return { id, ...module };
};

function kfuncIds(kernel: SimulatedKernel): ReadonlyMap<string, number> {
  const btf = parseBtf(kernel.readBtf("vmlinux"));
  return new Map([...btf.types("func")].map(({ name, id }) => [name, id]));
}

const run = (kernel: SimulatedKernel, prog: Handle): number =>
  kernel.bpf("progTestRun", { prog }).retval;

const done: Item = exit();

describe("programs with an arena", () => {
  const check = (code: Item, count: number, errnoName: string | undefined): void => {
    const kernel = createSimulatedKernel();
    const maps = Array.from({ length: count }, () => arenaOf(kernel));
    for (const map of maps) mapped(kernel, map);
    const act = () => load(kernel, code, maps);
    if (errnoName === undefined) act().close();
    else assert.throws(act, { errnoName });
  };
  const cast: Item = [mov("r0", 0), addrSpaceCast("r0", "r0", { to: 0, from: 1 }), mov("r0", 0)];

  it("cast its addresses", () => {
    check([loadMap("r1", "0"), cast, done], 1, undefined);
    check([cast, done], 0, "EINVAL");
  });
  it("have one", () => check([loadMap("r1", "0"), loadMap("r2", "1"), cast, done], 2, "EBUSY"));

  it("are loaded once user space has it in its memory", () => {
    const kernel = createSimulatedKernel();
    const map = arenaOf(kernel);
    const code: Item = [loadMap("r1", "0"), mov("r0", 0), done];
    assert.throws(() => load(kernel, code, [map]), { errnoName: "EINVAL" });
    mapped(kernel, map);
    load(kernel, code, [map]).close();
  });

  for (const engine of ["compile", "interpret"] as const) {
    it(`see null as null, and short addresses where users have those (${engine})`, () => {
      const check = (more: readonly MapFlag[], address: number, hasUpperHalf: boolean): void => {
        const kernel = createSimulatedKernel({ engine });
        const map = arenaOf(kernel, more);
        mapped(kernel, map);
        const code: Item = [
          loadMap("r1", "0"),
          mov("r0", address),
          addrSpaceCast("r0", "r0", { to: 1, from: 0 }),
          { kind: "alu", op: "rsh", width: 64, dst: "r0", src: 32 },
          done,
        ];
        assert.equal(run(kernel, load(kernel, code, [map])) !== 0, hasUpperHalf);
      };
      check([], 0, false);
      check([], 4096, true);
      check(["no_user_conv"], 4096, false);
    });

    it(`write to their own (${engine})`, () => {
      const kernel = createSimulatedKernel({ engine });
      const [first, second] = [arenaOf(kernel), arenaOf(kernel)];
      const memories = [first, second].map((map) => mapped(kernel, map));
      const storing = (value: number): Item => [
        callKfunc("bpf_arena_alloc_pages", { name: "0" }, 0, 1, -1, 0),
        addrSpaceCast("r6", "r0", { to: 0, from: 1 }),
        st("u64", "r6", 0, value),
        ldx("u64", "r0", "r6", 0),
      ];
      const one = load(kernel, [storing(5), done], [first]);
      const two = load(kernel, [storing(9), done], [second]);
      assert.deepEqual([run(kernel, one), run(kernel, two), run(kernel, one)], [5, 9, 5]);
      assert.deepEqual(
        memories.map(({ bytes }) => bytes[0]),
        [5, 9],
      );
    });
  }
});

describe("an arena of the simulated kernel", () => {
  it("has no missing page for users who do not want one", () => {
    const kernel = createSimulatedKernel();
    const memory = mapped(kernel, arenaOf(kernel, ["segv_on_fault"]));
    assert.throws(() => memory.touch?.(4096, 8), InvalidArgumentError);
  });

  it("is as large as memory can be here", () => {
    const kernel = createSimulatedKernel();
    assert.throws(() => arenaOf(kernel, [], 2 ** 18 + 1), NotSupportedError);
    assert.throws(() => arenaOf(kernel, [], 2 ** 20 + 1), { errnoName: "E2BIG" });
  });
});
