import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, it } from "node:test";
import { InvalidArgumentError } from "../../base/errors.ts";
import type { Instruction, Size } from "../../isa/instruction.ts";
import { createMachine } from "./create-machine.ts";
import { MachineFault } from "./fault.ts";
import type { Engine, Environment, Helper, Machine } from "./machine.ts";
import { Memory } from "./memory.ts";

const engines: readonly Engine[] = ["interpret", "compile"];
const exit: Instruction = { kind: "exit" };
const allSizes: readonly Size[] = ["u8", "u16", "u32", "u64"];

const loadR1 = (size: Size, offset: number): Instruction => ({
  kind: "load",
  size,
  dst: "r0",
  base: "r1",
  offset,
});
const storeR1 = (size: Size, offset: number, src: number): Instruction => ({
  kind: "store",
  size,
  base: "r1",
  offset,
  src,
});

function inBoth(test: (machine: Machine, memory: Memory) => void, given = {}): void {
  for (const engine of engines) {
    const memory = new Memory(given);
    test(createMachine({ engine, memory }), memory);
  }
}

function withEnvironment(environment: Environment, code: readonly Instruction[]): bigint {
  const [interpreted, compiled] = engines.map((engine) => runOn(engine, environment, code));
  assert.equal(compiled, interpreted);
  return compiled!;
}

function runOn(engine: Engine, environment: Environment, code: readonly Instruction[]): bigint {
  const machine = createMachine({ engine, environment });
  return machine.run(machine.program(code), 7n);
}

function checkFaultWith(
  environment: Environment,
  code: readonly Instruction[],
  expected: RegExp,
): void {
  for (const engine of engines) checkFault(() => runOn(engine, environment, code), expected);
}

function checkFault(run: () => unknown, expected: RegExp): void {
  assert.throws(run, (error) => error instanceof MachineFault && expected.test(error.message));
}

describe("legacy packet loads", () => {
  const packet = new DataView(Uint8Array.of(0x01, 0x82, 0x83, 0x84, 0x85, 0x86).buffer);
  const packetLoad = (context: bigint, offset: number, size: number): number | undefined => {
    assert.equal(context, 7n);
    if (offset < 0 || offset + size > packet.byteLength) return undefined;
    if (size === 1) return packet.getUint8(offset);
    return size === 2 ? packet.getUint16(offset) : packet.getUint32(offset);
  };
  const keep: Instruction = { kind: "alu", op: "mov", width: 64, dst: "r6", src: "r1" };
  const run = (...code: readonly Instruction[]): bigint =>
    withEnvironment({ packetLoad }, [keep, ...code, exit]);

  it("give numbers in network order, without sign", () => {
    assert.equal(run({ kind: "packet-load", size: "u8", offset: 1 }), 0x82n);
    assert.equal(run({ kind: "packet-load", size: "u16", offset: 1 }), 0x8283n);
    assert.equal(run({ kind: "packet-load", size: "u32", offset: 1 }), 0x8283_8485n);
  });

  it("add the low half of a register, with its sign", () => {
    const index = (src: number): Instruction => ({
      kind: "alu",
      op: "mov",
      width: 64,
      dst: "r2",
      src,
    });
    assert.equal(
      run(index(3), { kind: "packet-load", size: "u16", index: "r2", offset: 1 }),
      0x8586n,
    );
    assert.equal(
      run(index(-2), { kind: "packet-load", size: "u8", index: "r2", offset: 3 }),
      0x82n,
    );
  });

  it("end the program with 0 where the packet ends", () => {
    const after: Instruction = { kind: "alu", op: "mov", width: 64, dst: "r0", src: 1 };
    assert.equal(run({ kind: "packet-load", size: "u32", offset: 3 }, after), 0n);
  });
});

describe("memory", () => {
  it("is loaded with acquire and stored with release like any other, in all sizes", () => {
    for (const size of allSizes) {
      inBoth((machine, memory) => {
        const bytes = new Uint8Array(16);
        const address = memory.allocate("value", bytes);
        const program = machine.program([
          { kind: "store-release", size, base: "r1", offset: 8, src: "r2" },
          { kind: "load-acquire", size, dst: "r0", base: "r1", offset: 8 },
          exit,
        ]);
        const width = Number(size.slice(1));
        const given = 0xf1f2_f3f4_f5f6_f7f8n;
        assert.equal(machine.run(program, address, given), BigInt.asUintN(width, given));
        assert.equal(
          bytes.findLastIndex((byte) => byte !== 0),
          7 + width / 8,
        );
      });
    }
  });

  it("is checked for alignment where that is asked for", () => {
    const code = [loadR1("u32", 2), exit];
    inBoth((machine, memory) => {
      const address = memory.allocate("value", Uint8Array.of(0, 0, 1, 0, 0, 0, 0, 0));
      assert.equal(machine.run(machine.program(code), address), 1n);
    });
    inBoth(
      (machine, memory) => {
        const address = memory.allocate("value", 8);
        assert.equal(machine.run(machine.program([loadR1("u32", 4), exit]), address), 0n);
        checkFault(() => machine.run(machine.program(code), address), /"value".*not aligned/);
      },
      { aligned: true },
    );
  });

  it("can be read-only for programs", () => {
    inBoth((machine, memory) => {
      const bytes = Uint8Array.of(5);
      const address = memory.allocate("constants", bytes, { readOnly: true });
      assert.equal(machine.run(machine.program([loadR1("u8", 0), exit]), address), 5n);
      const write = machine.program([storeR1("u8", 0, 1), exit]);
      checkFault(
        () => machine.run(write, address),
        /instruction 0: write .*"constants".*read-only/,
      );
      assert.deepEqual(bytes, Uint8Array.of(5));
    });
  });

  it("asks a region's own access instead of its bytes, and lets it refuse", () => {
    inBoth((machine, memory) => {
      const stored: unknown[] = [];
      const access = {
        load: (offset: number, size: number) =>
          offset === 4 && size === 8 ? 0x1234_5678_9abc_def0n : undefined,
        store: (...given: readonly unknown[]) => (stored.push(given), given[0] === 4),
      };
      const address = memory.allocate("context", 64, { access });
      const run = (...code: readonly Instruction[]): bigint =>
        machine.run(machine.program([...code, exit]), address);
      assert.equal(run(loadR1("u64", 4)), 0x1234_5678_9abc_def0n);
      run(storeR1("u16", 4, -1));
      assert.deepEqual(stored, [[4, 2, 0xffffn]]);
      checkFault(() => run(loadR1("u32", 4)), /read of 4 bytes .*"context".*refused/);
      checkFault(() => run(storeR1("u8", 5, 0)), /write of 1 bytes .*"context".*refused/);
    });
  });

  it("is gone when it was freed, and its number is used again", () => {
    inBoth((machine, memory) => {
      const address = memory.allocate("first", Uint8Array.of(1));
      const program = machine.program([loadR1("u8", 0), exit]);
      assert.equal(machine.run(program, address), 1n);
      memory.free(address);
      checkFault(() => machine.run(program, address), /no region/);
      assert.throws(() => memory.free(address), InvalidArgumentError);
      assert.equal(memory.allocate("second", Uint8Array.of(2)), address);
      assert.equal(machine.run(program, address), 2n);
    });
  });

  it("gets other bytes at the same address", () => {
    inBoth((machine, memory) => {
      const address = memory.allocate("packet", 4);
      const program = machine.program([loadR1("u8", 4), exit]);
      checkFault(() => machine.run(program, address), /outside its bounds/);
      memory.replace(address, Uint8Array.of(0, 0, 0, 0, 9));
      assert.equal(machine.run(program, address), 9n);
    });
  });
});

describe("what programs find outside", () => {
  it("is kfuncs by name and by id", () => {
    const double: Helper = ({ registers }) => registers[1]! * 2n;
    const kfuncs = new Map<string | number, Helper>([
      ["double", double],
      [4711, double],
    ]);
    assert.equal(
      withEnvironment({ kfuncs }, [{ kind: "call-kfunc", function: "double" }, exit]),
      14n,
    );
    assert.equal(withEnvironment({ kfuncs }, [{ kind: "call-kfunc", function: 4711 }, exit]), 14n);
    const unknown: Instruction = { kind: "call-kfunc", function: "triple" };
    checkFaultWith({ kfuncs }, [unknown, exit], /kfunc triple is not implemented/);
  });

  it("is addresses of maps", () => {
    const load: Instruction = { kind: "wide-load", dst: "r0", value: { kind: "map", name: "m" } };
    const addressOf: Environment["addressOf"] = (address) =>
      address.kind === "map" && address.name === "m" ? 1n << 40n : undefined;
    assert.equal(withEnvironment({ addressOf }, [load, exit]), 1n << 40n);
    checkFaultWith({}, [load, exit], /nothing gives the address/);
  });
});

describe("engines", () => {
  it("trace every step when interpreting, and not when compiling", () => {
    const seen: unknown[] = [];
    const machine = createMachine({
      engine: "interpret",
      trace: ({ slot, depth, registers }) => seen.push([slot, depth, registers[0]]),
    });
    const set: Instruction = { kind: "alu", op: "mov", width: 64, dst: "r0", src: 3 };
    machine.run(
      machine.program([set, { kind: "call-local", target: 1 }, exit, { ...set, src: 4 }, exit]),
    );
    assert.deepEqual(seen, [
      [0, 0, 0n],
      [1, 0, 3n],
      [3, 1, 3n],
      [4, 1, 4n],
      [2, 0, 4n],
    ]);
    assert.throws(() => createMachine({ trace: () => undefined }), InvalidArgumentError);
  });

  it("fall back to interpreting where code generation is forbidden, and say so", () => {
    const module = join(import.meta.dirname, "create-machine.ts");
    const script =
      `import { createMachine } from ${JSON.stringify(module)};` +
      `const machine = createMachine({ engine: "compile" });` +
      `const program = machine.program(Uint8Array.of(0xb7, 0, 0, 0, 42, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0));` +
      `console.log(program.engine, machine.run(program));`;
    const run = (...flags: readonly string[]): string =>
      execFileSync(process.execPath, [...flags, "--input-type=module", "--eval", script], {
        encoding: "utf8",
      });
    assert.equal(run(), "compile 42n\n");
    assert.equal(run("--disallow-code-generation-from-strings"), "interpret 42n\n");
  });
});
