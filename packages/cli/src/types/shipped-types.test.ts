import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  hookDeclarations,
  rightUses,
  TypeScriptProject,
  wrongUses,
} from "../testing/typescript-project.ts";

/** A source whose uses stand on lines of their own, and what the compiler says of them. */
function checkEach(uses: readonly string[]): readonly (string | undefined)[] {
  using project = new TypeScriptProject();
  for (const [index, use] of uses.entries()) {
    project.write(`use${index}.ts`, `${hookDeclarations}\n${use}`);
  }
  const { errors } = project.check();
  return uses.map(
    (_, index) => errors.find((error) => error.startsWith(`use${index}.ts:`))?.split(" ")[1],
  );
}

describe("types that come with the library", () => {
  it("accept programs on common hooks", () => {
    using project = new TypeScriptProject();
    project.write(
      "use.ts",
      `${hookDeclarations}${rightUses}export const no: HasGeneratedTypes = false;`,
    );
    const { errors, output } = project.check();
    assert.deepEqual(errors, [], output);
  });
  it("refuse what is wrong", () => {
    const codes = checkEach(wrongUses.map(([, source]) => source));
    assert.deepEqual(
      wrongUses.map(([, source], index) => [codes[index], source]),
      wrongUses,
    );
  });
  it("let memory behind addresses be read, and written where the kernel allows it", () => {
    const hook = 'import { kfunc, tpBtf } from "ts-ebpf"; export const hook = ';
    const checked = (then: string): string =>
      `${hook}tpBtf("sched_process_exec", (task) => { const p = kfunc.bpf_session_cookie(); ${then} });`;
    const uses: readonly (readonly [code: string | undefined, source: string])[] = [
      [undefined, checked("if (p) p.value += 1n;")],
      [
        undefined,
        checked("return p && p.value > task.start_time && kfunc.bpf_session_is_return() ? 1 : 0;"),
      ],
      ["TS18048", checked("p.value = 1n;")],
      ["TS2322", checked("if (p) p.value = 1;")],
      [undefined, `${hook}tpBtf("sched_process_exec", (task) => Number(task.numa_faults.value));`],
      [undefined, `${hook}tpBtf("sched_process_exec", (task) => task.clear_child_tid.value);`],
      ["TS2540", `${hook}tpBtf("sched_process_exec", (task) => { task.numa_faults.value = 1n; });`],
      ["TS2551", `${hook}tpBtf("sched_process_exec", (task, _, bprm) => bprm.filename.value);`],
      ["TS2551", `${hook}tpBtf("sched_process_exec", (task) => task.stack.value);`],
    ];
    using project = new TypeScriptProject({ types: ["node"], skipLibCheck: true });
    for (const [index, [, source]] of uses.entries()) project.write(`use${index}.ts`, source);
    const { errors, output } = project.check();
    const codes = uses.map(
      (_, index) => errors.find((error) => error.startsWith(`use${index}.ts:`))?.split(" ")[1],
    );
    assert.deepEqual(
      codes,
      uses.map(([code]) => code),
      output,
    );
  });
});

describe("programs", () => {
  it("are checked against them", () => {
    using project = new TypeScriptProject({ types: ["node"], skipLibCheck: true });
    project.write(
      "use.ts",
      [
        'import { hashMap, lsm, tpBtf, u32, u64 } from "ts-ebpf";',
        'const counts = hashMap("counts", u32, u64, 16);',
        'export const a = tpBtf("sched_process_exec", (t) => { const n = counts.lookup(t.tgid); if (n) n.value += 1n; });',
        'export const hook = lsm("file_open", (file, ret) => (ret === 0 ? file.f_mode & 2 : ret));',
        'export const other = tpBtf("not_a_common_one", (first) => first.anything);',
        'export const unchecked = tpBtf("sched_process_exec", (task) => { counts.lookup(task.tgid).value += 1n; });',
        'export const sum = tpBtf("sched_process_exec", (t) => { const n = counts.lookup(t.tgid); if (n) n.value += 1; });',
        'export const field = tpBtf("sched_process_exec", (task) => { counts.lookup(task.real_parnt.tgid); });',
        'export const store = tpBtf("sched_process_exec", (task) => { task.tgid = 1; });',
        "",
      ].join("\n"),
    );
    const { errors, output } = project.check();
    assert.deepEqual(
      errors.filter((error) => error.startsWith("use.ts:")),
      ["use.ts:6 TS2532", "use.ts:7 TS2365", "use.ts:8 TS2551", "use.ts:9 TS2540"],
      output,
    );
  });
});
