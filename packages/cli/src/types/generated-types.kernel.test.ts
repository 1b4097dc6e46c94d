import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { needs } from "ts-ebpf/testing";
import { type Btf, parseBtf, printTypeScript } from "ts-ebpf/btf";
import {
  hookDeclarations,
  rightUses,
  TypeScriptProject,
  wrongUses,
} from "../testing/typescript-project.ts";

const vmlinux = "/sys/kernel/btf/vmlinux";

/** Seconds of processor time that checking a project with all types of a kernel may take, on a usual machine. */
const usualBudgetSeconds = 3;
/** The same in times of what a project without them takes, which tells how fast a machine is. */
const budgetRatio = 25;

function budgetSeconds(): number {
  using empty = new TypeScriptProject();
  empty.write("empty.ts", "export {};");
  return Math.max(usualBudgetSeconds, budgetRatio * empty.check().cpuSeconds);
}

const functions = ["vfs_read", "tcp_v4_connect"];
const ownUses = `
export const generated: HasGeneratedTypes = true;
fentry("vfs_read", (file, buffer, count) => Number(count) + file.f_inode.i_sb.s_flags.toString().length + Number(buffer));
fexit("tcp_v4_connect", (sk, _address, _length, ret) => (ret === 0 ? sk.__sk_common.skc_num : ret));
`;

describe("types of this kernel", needs("btf"), () => {
  const readKernel = (): Btf => parseBtf(readFileSync(vmlinux), { path: "vmlinux" });

  it("are checked within the budget, with all that is wrong found", () => {
    const file = printTypeScript(readKernel(), { functions });
    assert.deepEqual(file.missingFunctions, []);
    using project = new TypeScriptProject();
    project.write("bpf-kernel.d.ts", file.text);
    project.write("right.ts", hookDeclarations + rightUses + ownUses);
    for (const [index, [, source]] of wrongUses.entries()) {
      project.write(`wrong${index}.ts`, `${hookDeclarations}\n${source}`);
    }
    const { errors, output, cpuSeconds } = project.check();
    const codes = new Map(errors.map((error) => [error.split(":")[0], error.split(" ")[1]]));
    assert.equal(codes.get("right.ts"), undefined, output);
    assert.equal(codes.get("bpf-kernel.d.ts"), undefined, output);
    for (const [index, [code, source]] of wrongUses.entries()) {
      assert.equal(codes.get(`wrong${index}.ts`), code, source);
    }
    assert.ok(cpuSeconds > 0.1, "the time was measured");
    const budget = budgetSeconds();
    assert.ok(cpuSeconds < budget, `${cpuSeconds} s of processor time, and not ${budget}`);
  });

  it("hold everything", () => {
    const { counts } = printTypeScript(readKernel());
    assert.ok(counts.types > 5000 && counts.tracepoints > 500 && counts.lsmHooks > 100);
    assert.ok(counts.kfuncs > 50 && counts.iterators > 10 && counts.enums > 10_000);
  });
});
