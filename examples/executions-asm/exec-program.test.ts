import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { assemble, exit, format, stackFrame } from "ts-ebpf/asm";
import type { ExecFields } from "./exec-fields.ts";
import { execFilter, nameWords, type ExecFilters } from "./exec-filter.ts";
import { execTracer } from "./exec-program.ts";

const fields: ExecFields = {
  tgid: { offset: 100, size: 4 },
  realParent: { offset: 200, size: 8 },
  mm: { offset: 300, size: 8 },
  argStart: { offset: 400, size: 8 },
  argEnd: { offset: 500, size: 8 },
  filename: { offset: 600, size: 8 },
};
const none: ExecFilters = { pids: [], parents: [], uids: [], commands: [] };

const linesOf = (text: string): readonly string[] =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);

describe("execFilter", () => {
  const check = (filters: Partial<ExecFilters>, text: string): void => {
    const filter = execFilter({ ...none, ...filters }, { fields, stack: stackFrame() });
    const formatted = format(assemble(filter, exit()));
    assert.deepEqual(linesOf(formatted.replaceAll(/^\s*\d+: \(\w\w\) /gm, "")), linesOf(text));
  };

  /** What reads `size` bytes at `base` into r1. */
  const read = (base: string, offset: number, size: 4 | 8): string => `r1 = r10
    r1 += -8
    r2 = ${size}
    r3 = ${base}
    r3 += ${offset}
    call unknown#113
    r1 = *(u${size * 8} *)(r10 -8)`;

  it("costs nothing when nothing is filtered", () => check({}, "exit"));
  it("compares processes", () =>
    check(
      { pids: [7, 8] },
      `${read("r6", 100, 4)}
       if w1 == 0x7 goto pid_wanted
       if w1 == 0x8 goto pid_wanted
       r0 = 0
       exit
       pid_wanted:
       exit`,
    ));
  it("compares parents", () =>
    check(
      { parents: [7] },
      `${read("r6", 200, 8)}
       r2 = 4
       r3 = r1
       r3 += 100
       r1 = r10
       r1 += -8
       call unknown#113
       r1 = *(u32 *)(r10 -8)
       if w1 == 0x7 goto parent_wanted
       r0 = 0
       exit
       parent_wanted:
       exit`,
    ));
  it("compares users", () =>
    check(
      { uids: [4_294_967_294] },
      `call unknown#15
       w1 = w0
       if w1 == 0xfffffffe goto uid_wanted
       r0 = 0
       exit
       uid_wanted:
       exit`,
    ));
});

describe("nameWords", () => {
  const textOf = (words: readonly bigint[]): string =>
    new TextDecoder().decode(new BigUint64Array(words));

  it("fills up with zeros", () => assert.equal(textOf(nameWords("ls")), `ls${"\0".repeat(14)}`));
  it("cuts as the kernel does", () =>
    assert.equal(textOf(nameWords("a-name-of-20-letters")), "a-name-of-20-le\0"));
  it("cuts by bytes", () => {
    const [, second] = nameWords("aaaaaaaaaaaaaaß");
    assert.equal(second >> 48n, 0xc3n);
  });
});

describe("execTracer", () => {
  const tracer = execTracer({ fields, filters: none, ringBytes: 1 << 16 });

  it("is the same each time", () =>
    assert.deepEqual(
      execTracer({ fields, filters: none, ringBytes: 1 << 16 }).onExec.instructions,
      tracer.onExec.instructions,
    ));
  it("counts what it loses", () => assert.equal(tracer.events.lossCounter?.name, "exec_lost"));
  it("has names that the kernel keeps whole", () => {
    const { events, scratch, onExec } = tracer;
    for (const { name } of [events, scratch, onExec]) assert.match(name, /^[a-z_]{1,15}$/);
  });
});
