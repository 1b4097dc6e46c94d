import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Btf } from "../btf/btf.ts";
import type { BtfStruct } from "../btf/type.ts";
import type { CoreRelocation } from "../spec/core-relocation.ts";
import { program } from "../spec/program.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";
import { needs } from "../testing/needs.ts";
import { kernelBtf } from "./kernel-btf.ts";
import { loadProgram } from "./load.ts";
import { type ModuleTypes, moduleTypes } from "./module-types.ts";
import type { ProgramRelocation } from "./prepare.ts";

const kernel = openNativeKernel();
const usable = needs("root", "bpf", "btf").skip;
const modules = usable === false ? moduleTypes(kernel) : [];

/** A struct that only one module has, and of its members one that is no bit-field and does not lie at its start. */
function onlyThere({ name, types }: ModuleTypes): readonly [BtfStruct, string] | undefined {
  for (const struct of types.types("struct")) {
    const member = struct.members.find((one) => {
      return one.name !== "" && one.bitOffset > 0 && one.bitfieldSize === 0;
    });
    if (member === undefined || struct.name === "" || struct.name.includes("___")) continue;
    const others = [
      kernelBtf(kernel),
      ...modules.flatMap((one) => (one.name === name ? [] : one.types)),
    ];
    const isElsewhere = (btf: Btf): boolean => btf.findAll(struct.name).length > 0;
    if (types.findAll(struct.name).length === 1 && !others.some(isElsewhere)) {
      return [struct, member.name];
    }
  }
  return undefined;
}

/** What a program returns that returns the answer to `core`, and what was done for it. */
function answer(core: CoreRelocation): readonly [number, ProgramRelocation | undefined] {
  const reports: ProgramRelocation[] = [];
  const spec = program("socket_filter", [
    { kind: "alu", op: "mov", width: 64, dst: "r0", src: 0 },
    { kind: "exit" },
  ]);
  using loaded = loadProgram(kernel, { ...spec, relocations: [{ index: 0, core }] }, new Map(), {
    report: (one) => reports.push(one),
  });
  return [loaded.run({ data: new Uint8Array(64) }).returnValue, reports[0]];
}

describe(
  "types of loaded modules",
  { skip: usable || (modules.length === 0 && "no module with types is loaded") },
  () => {
    it("are found when the kernel itself has none of that name", (test) => {
      const found = modules.map((module) => [module, onlyThere(module)] as const);
      const usableOnes = found.filter(([, only]) => only !== undefined);
      const names = modules.map(({ name }) => name).join(", ");
      if (usableOnes.length === 0) return test.skip(`no module has a struct of its own: ${names}`);
      for (const [{ name, types }, only] of usableOnes) {
        const [struct, member] = only!;
        const field = { struct: struct.name, path: [member] };
        const [offset, report] = answer({ kind: "field-offset", field });
        assert.equal(
          offset,
          types.member(struct.id, member).offset,
          `${name}: ${struct.name}.${member}`,
        );
        assert.equal(report?.found, `type ${struct.id} of ${name}`);
        assert.equal(answer({ kind: "type-size", type: struct.name })[0], struct.size);
        assert.equal(answer({ kind: "type-exists", type: struct.name })[0], 1);
      }
    });
  },
);
