import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { BpfError, MalformedError } from "../../base/errors.ts";
import { viewOf } from "../../base/bytes.ts";
import { findSection } from "../../elf/tables.ts";
import { readElf } from "../../elf/read.ts";
import { writeElf } from "../../elf/write.ts";
import { format } from "../../isa/format.ts";
import { parse } from "../../isa/parse.ts";
import { isGlobalSpec, type MapSpec } from "../../spec/map-spec.ts";
import { progArray } from "../../spec/prog-array.ts";
import { programSpec, type ProgramSpec } from "../../spec/program-spec.ts";
import { linkObjects } from "../link/link-objects.ts";
import { sampleCollection } from "../testing-sample.ts";
import { writeObject } from "../write.ts";
import { readObject, type ObjectSpec } from "./read-object.ts";

const sample = writeObject(sampleCollection);

function mapOf(spec: ObjectSpec, name: string): MapSpec {
  const found = spec[name];
  assert.ok(found?.kind === "map");
  return found;
}

function programOf(spec: ObjectSpec, name: string): ProgramSpec {
  const found = spec[name];
  assert.ok(found?.kind === "program");
  return found;
}

describe("readObject", () => {
  const spec = readObject(sample, "sample.o");

  it("reads maps with their keys and values", () => {
    const { type, maxEntries, flags } = mapOf(spec, "counts");
    assert.deepEqual({ type, maxEntries, flags }, { type: "hash", maxEntries: 16, flags: [] });
    const counts = mapOf(spec, "counts");
    assert.ok(counts.type === "hash");
    assert.deepEqual(
      [counts.key.name, counts.value.name, counts.value.size],
      ["u32", "struct event", 20],
    );
    const outer = mapOf(spec, "outer");
    assert.ok("inner" in outer);
    assert.equal((outer.inner as MapSpec).maxEntries, 16);
  });

  it("reads variables with the values they start with", () => {
    const found = ["limit", "start", "total"].map((name) => {
      const variable = mapOf(spec, name);
      assert.ok(isGlobalSpec(variable));
      return [variable.variable, variable.layout.name, variable.value];
    });
    assert.deepEqual(found, [
      ["config", "u32", 7],
      ["global", "u64", 5n],
      ["global", "u64", 0n],
    ]);
  });

  it("reads programs with what they call and where they attach", () => {
    const { type, target, license, functions = [], instructions } = programOf(spec, "onExec");
    assert.deepEqual(
      { type, target, license },
      { type: "tracing", target: { kind: "tp_btf", name: "sched_process_exec" }, license: "GPL" },
    );
    assert.deepEqual(
      functions.map(({ name, parameters }) => [name, ...parameters.map((each) => each.type)]),
      [["onExec", "pointer"], ["step", "u64", "pointer"], ["half"], ["same"]],
    );
    const text = format(instructions);
    assert.match(text, /r2 = subprog\[step\]/);
    assert.match(text, /r6 = map\[limit\]\[0\]\+0/);
    assert.match(text, /call half\n[^]*half:\n.*\n.*\n.*\n.*call same/);
    assert.equal(instructions[5]?.source?.text, "line 6");
  });

  it("reads what is written back as the same bytes", () =>
    assert.deepEqual(writeObject(spec), sample));

  it("refuses only the programs that have instructions of which nothing is known", () => {
    const target = { kind: "none" } as const;
    const other = programSpec({ type: "xdp", target }, parse("r0 = 0\nexit"));
    const bytes = writeObject({ ...sampleCollection, other });
    const text = findSection(readElf(bytes, "two.o"), ".text")!;
    // It lies in the same memory.
    text.bytes[0] = 0xff;
    const read = readObject(bytes, "two.o");
    const { refusal, instructions } = programOf(read, "first");
    assert.match(
      refusal!,
      /function "step" cannot be understood: .*no instruction has opcode 0xff/,
    );
    assert.ok(instructions.length > 0);
    assert.equal(programOf(read, "other").refusal, undefined);
    assert.equal(programOf(read, "other").instructions.length, 2);
  });

  it("reads programs in arrays", () => {
    const target = { kind: "none" } as const;
    const second = programSpec({ type: "xdp", name: "second", target }, parse("r0 = 2\nexit"));
    const tails = progArray("tails", {
      maxEntries: 4,
      programs: () => [undefined, undefined, second],
    });
    const written = writeObject({ tails, second });
    const read = readObject(written);
    const array = mapOf(read, "tails") as typeof tails;
    assert.deepEqual(
      array.programs?.().map((program) => program?.name),
      [undefined, undefined, "second"],
    );
    assert.equal(array.programs?.()[2], read["second"]);
    assert.deepEqual(writeObject(read), written);
  });
});

describe("hostile object files", () => {
  const refuse = (bytes: Uint8Array, message: RegExp): void =>
    assert.throws(
      () => readObject(bytes, "bad.o"),
      (error) => {
        assert.ok(error instanceof MalformedError);
        assert.match(error.message, message);
        return true;
      },
    );

  it("are refused with the path", () => {
    const changed = (at: number, value: number): Uint8Array => {
      const bytes = sample.slice();
      bytes[at] = value;
      return bytes;
    };
    refuse(new Uint8Array(3), /^bad.o › \+0x0: 3 bytes are too few/);
    refuse(changed(18, 62), /^bad.o › \+0x10: this is no object file of BPF/);
    refuse(changed(16, 2), /this is no object file of BPF/);
  });

  it("are refused when nothing is left that says where functions begin", () => {
    const { sections, byteOrder, machine } = readElf(sample);
    const kept = sections.filter(({ type }) => type === "progbits");
    const stripped = writeElf({ byteOrder, machine, sections: kept, symbols: [] });
    const bytes = stripped.slice();
    const symbols = readElf(stripped).sections.find(({ type }) => type === "symtab")!;
    const headers = Number(viewOf(bytes).getBigUint64(40, true));
    // SHT_PROGBITS instead of SHT_SYMTAB
    viewOf(bytes).setUint32(headers + 64 * symbols.index + 4, 1, true);
    refuse(bytes, /bad.o › .*: there is code and no table of symbols: the file was stripped/);
  });

  it("cannot claim more zeros than there may be, whether read or linked", () => {
    const bytes = sample.slice();
    const { index } = findSection(readElf(sample), ".bss")!;
    const view = viewOf(bytes);
    const headers = Number(view.getBigUint64(40, true));
    view.setBigUint64(headers + 64 * index + 32, 1n << 40n, true);
    refuse(bytes, /bad.o › \.bss › \+0x[0-9a-f]+: 1099511627776 bytes are too many for variables/);
    assert.throws(
      () => linkObjects([{ path: "bad.o", bytes }]),
      /bad.o › \.bss › .*: 1099511627776 bytes are too many for section \.bss/,
    );
    view.setBigUint64(headers + 64 * index + 32, 8n, true);
    view.setBigUint64(headers + 64 * index + 48, 24n, true);
    assert.throws(
      () => linkObjects([{ path: "bad.o", bytes }]),
      /bad.o › \.bss › .*: its alignment 24 is no power of two/,
    );
  });

  it("can only be refused when any bytes are any others, or they are cut off", () => {
    const change = fc.tuple(fc.nat(sample.length - 1), fc.nat(255));
    const changes = fc.array(change, { maxLength: 6 });
    const length = fc.oneof(fc.constant(sample.length), fc.nat(sample.length));
    fc.assert(
      fc.property(changes, length, (list, end) => {
        const bytes = sample.slice(0, end);
        for (const [at, value] of list) if (at < end) bytes[at] = value;
        try {
          readObject(bytes);
        } catch (error) {
          assert.ok(error instanceof BpfError, error instanceof Error ? error : String(error));
        }
      }),
      { numRuns: 3000 },
    );
  });
});
