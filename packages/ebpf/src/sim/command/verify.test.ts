import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { add, mov } from "../../asm/alu.ts";
import { assemble, type Item, label } from "../../asm/assemble.ts";
import { call, exit } from "../../asm/call.ts";
import { jlt } from "../../asm/jump.ts";
import { ldx, st } from "../../asm/memory.ts";
import { loadMap } from "../../asm/wide.ts";
import { encode } from "../../isa/encode.ts";
import type { Instruction, SourceLine } from "../../isa/instruction.ts";
import type { ProgLoad, VerifierLogBuffer } from "../../kernel/commands.ts";
import { u32, u64 } from "../../layout/integer.ts";
import { createMap } from "../../map/create.ts";
import { loadProgram } from "../../program/load.ts";
import { hashMap } from "../../spec/hash-map.ts";
import { program } from "../../spec/program.ts";
import { createSimulatedKernel, type SimulatedKernelOptions } from "../simulated-kernel.ts";

const text = ["const count = counts.lookup(0);", "count.value += 1n;"] as const;

/** The instructions of a piece, all from one line of a source. */
function from(line: 1 | 2, item: Item): readonly Instruction[] {
  const source: SourceLine = { file: "src/count.ts", line, column: 1, text: text[line - 1]! };
  return assemble(item).map((instruction) => ({ ...instruction, source }));
}

const unchecked: Item = [
  from(1, [
    [st("u32", "r10", -4, 0), loadMap("r1", "counts"), mov("r2", "r10"), add("r2", -4)],
    call("map_lookup_elem"),
  ]),
  from(2, [ldx("u64", "r1", "r0", 0), mov("r0", 0), exit()]),
];

describe("loading into a simulated kernel", () => {
  it("refuses what the verifier refuses, with the line of the source and what to do", () => {
    const kernel = createSimulatedKernel();
    using counts = createMap(kernel, hashMap("counts", u32, u64, 1));
    const spec = program("xdp", assemble(unchecked), { name: "count" });
    const maps = new Map([["counts", counts.handle]]);
    assert.throws(
      () => loadProgram(kernel, spec, maps),
      (error: Error & { source?: SourceLine; explanation?: { id: string } }) => {
        assert.equal(error.name, "VerifierError");
        assert.equal(error.source?.line, 2);
        assert.match(error.message, /^src\/count\.ts:2:1 - error: program "count" was rejected/);
        assert.match(error.message, /hint: check it before use: if \(!count\) return/);
        return true;
      },
    );
  });

  it("takes it when it is told not to check", () => {
    const kernel = createSimulatedKernel({ checking: "off" });
    using counts = createMap(kernel, hashMap("counts", u32, u64, 1));
    const spec = program("xdp", assemble(unchecked));
    loadProgram(kernel, spec, new Map([["counts", counts.handle]])).close();
  });
});

/** The last line that is in the log after a load, and the errno that it failed with. */
function logOf(items: Item, log: VerifierLogBuffer, options?: SimulatedKernelOptions): string[] {
  const kernel = createSimulatedKernel(options);
  const insns = encode(assemble(items));
  const load: ProgLoad = { progType: "xdp", insns, license: "GPL", log };
  let result = "loaded";
  try {
    kernel.bpf("progLoad", load).close();
  } catch (error) {
    const { errnoName, name } = error as Error & { readonly errnoName?: string };
    result = errnoName ?? name;
  }
  const written = new TextDecoder().decode(log.buffer.subarray(0, log.buffer.indexOf(0)));
  return [result, written.trimEnd().split("\n").at(-1)!];
}

const unset: Item = exit();
/** More rounds than the checker goes along, and fewer than the kernel does. */
const long: Item = [
  [mov("r0", 0), label("again"), add("r0", 1), jlt("r0", 150_000, "again")],
  [mov("r0", 0), exit()],
];

describe("the log of a load", () => {
  it("has the words of the kernel, and its end where it does not fit", () => {
    const whole = { level: 1, buffer: new Uint8Array(4096) };
    assert.deepEqual(logOf(unset, whole), ["EACCES", "R0 !read_ok"]);
    const small: VerifierLogBuffer = { level: 1, buffer: new Uint8Array(6) };
    assert.deepEqual(logOf(unset, small), ["ENOSPC", "ad_ok"]);
    assert.ok(small.trueSize! > 6);
  });

  it("says what was not decided, and what became of it", () => {
    const log = (): VerifierLogBuffer => ({ level: 1, buffer: new Uint8Array(4096) });
    const [taken, why] = logOf(long, log());
    assert.equal(taken, "loaded");
    assert.match(why!, /^the checker does not know: .*; the program is taken unchecked$/);
    const [refused, reason] = logOf(long, log(), { checking: "strict" });
    assert.equal(refused, "EINVAL");
    assert.match(reason!, /is refused$/);
  });
});
