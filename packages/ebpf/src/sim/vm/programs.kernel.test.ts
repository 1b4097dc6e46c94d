/**
 * Random programs, run by the kernel and by both engines: all that they leave in memory has to be the same.
 *
 * `VM_PROGRAMS` says how many (320 when not set), `VM_SEED` where to start.
 * @module
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { inspect } from "node:util";
import { viewOf } from "../../base/bytes.ts";
import { encode } from "../../isa/encode.ts";
import { format } from "../../isa/format.ts";
import type { Instruction } from "../../isa/instruction.ts";
import { Random } from "../../lang/ir/testing-generator.ts";
import { isAtLeast } from "../../kernel/feature.ts";
import type { Handle } from "../../kernel/handle.ts";
import { openNativeKernel } from "../../sys/native-kernel.ts";
import { isSimulated } from "../../testing/kernel-under-test.ts";
import { needs } from "../../testing/needs.ts";
import { createMachine } from "./create-machine.ts";
import type { Engine } from "./machine.ts";
import { areaSize, generateBatch, mapName } from "./testing-generator.ts";

const wanted = Number(process.env["VM_PROGRAMS"] ?? 320);
const firstSeed = Number(process.env["VM_SEED"] ?? 1);
const programs = 32;
const valueSize = programs * areaSize;

describe("engines, against the kernel", needs("root", "bpf"), () => {
  const kernel = openNativeKernel();
  const why = !isAtLeast(kernel.version, [6, 6]) && "instructions of ISA v4 need Linux 6.6";
  const skip = isSimulated() ? "it would be held against itself" : why;
  const ordered = isAtLeast(kernel.version, [6, 15]);

  it("leave the same registers and memory as the kernel", { skip }, () => {
    using map = kernel.bpf("mapCreate", {
      mapType: "array",
      keySize: 4,
      valueSize,
      maxEntries: 1,
    });
    const elements = kernel.openElements(map, { name: mapName, keySize: 4, valueSize });
    const runInKernel = (prog: Handle, input: Uint8Array): Uint8Array => {
      elements.key.fill(0);
      elements.value.set(input);
      elements.update("any");
      assert.equal(kernel.bpf("progTestRun", { prog }).retval, 0);
      assert.ok(elements.lookup("plain"));
      return elements.value.slice();
    };
    let [instructions, compared] = [0, 0];
    for (let seed = firstSeed; compared < wanted; seed++, compared += programs) {
      const batch = generateBatch(seed, { programs, ordered });
      using prog = load(seed, batch, map);
      const input = randomInput(seed);
      const expected = runInKernel(prog, input);
      assert.notDeepEqual(expected, input);
      for (const engine of ["interpret", "compile"] as const) {
        const found = runInMachine(engine, batch, input);
        if (Buffer.compare(found, expected) !== 0) fail({ seed, engine, batch, found, expected });
      }
      instructions += batch.length;
    }
    process.stdout.write(`# ${compared} programs, ${instructions} instructions, all equal\n`);
  });

  function load(seed: number, batch: readonly Instruction[], map: Handle): Handle {
    const attributes = {
      progType: "syscall",
      progFlags: ["sleepable"],
      insns: encode(batch, { map: () => 0 }),
      maps: [map],
      license: "GPL",
    } as const;
    try {
      return kernel.bpf("progLoad", attributes);
    } catch (error) {
      const buffer = new Uint8Array(1 << 22);
      assert.throws(() => kernel.bpf("progLoad", { ...attributes, log: { level: 1, buffer } }));
      const log = new TextDecoder().decode(buffer).replace(/\0.*$/s, "").slice(-2000);
      return assert.fail(`batch ${seed} is rejected: ${inspect(error)}\n${log}`);
    }
  }
});

function randomInput(seed: number): Uint8Array {
  const random = new Random(seed);
  const bytes = new Uint8Array(valueSize);
  for (let at = 0; at < bytes.length; at += 8) viewOf(bytes).setBigInt64(at, random.number(), true);
  return bytes;
}

function runInMachine(
  engine: Engine,
  batch: readonly Instruction[],
  input: Uint8Array,
): Uint8Array {
  const bytes = input.slice();
  let area = 0n;
  const machine = createMachine({
    engine,
    environment: {
      addressOf: (address) => area + BigInt("offset" in address ? address.offset : 0),
    },
  });
  area = machine.memory.allocate(mapName, bytes);
  const program = machine.program(batch);
  assert.equal(program.engine, engine);
  assert.equal(machine.run(program), 0n);
  return bytes;
}

/** What two runs of a batch left. */
interface Difference {
  readonly seed: number;
  readonly engine: Engine;
  readonly batch: readonly Instruction[];
  readonly found: Uint8Array;
  readonly expected: Uint8Array;
}

function fail({ seed, engine, batch, found, expected }: Difference): never {
  const at = expected.findIndex((byte, place) => byte !== found[place]);
  const index = Math.floor(at / areaSize);
  const start = batch.findIndex(({ label }) => label === `program${index}`);
  const end = batch.findIndex(({ label }) => label === `program${index + 1}`);
  const area = (bytes: Uint8Array): string =>
    Buffer.from(bytes.subarray(index * areaSize, (index + 1) * areaSize)).toString("hex");
  assert.fail(
    `batch ${seed}, program ${index}, ${engine}: byte ${at % areaSize} differs\n` +
      `${area(found)} instead of\n${area(expected)}\n` +
      format(batch.slice(start, end < 0 ? undefined : end)),
  );
}
