/**
 * Programs that random testing found to be compiled wrongly, made small.
 * @module
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { needs } from "../../testing/needs.ts";
import { compare } from "./testing-programs/compare.ts";
import type { GeneratedProgram } from "./testing-programs/generate.ts";
import { describeVerdict } from "./testing-programs/verdict.ts";

describe("programs that were compiled wrongly once", needs("root", "bpf", "btf"), () => {
  const check = (body: string, kind: GeneratedProgram["kind"] = "raw_tracepoint"): void => {
    const fn = 'function fn(n: number) { "use bpf"; bpf.ktimeGetNs(); return n + 1; }';
    const hit = 'function hit(n: number) { "use bpf"; level.value += 1; return n > 3; }';
    const program = { kind, text: `(ctx) => { ${body} }`, functions: { fn, hit } };
    const verdict = compare(program, 1, 32);
    assert.equal(verdict.kind, "same", `${body}\n${describeVerdict(verdict)}`);
  };
  const checkPacket = (body: string): void =>
    check(`const head = packet(ctx).next(Head); if (!head) return 1; ${body}`, "xdp");

  it("compare what has lost its sign", () => {
    check("let v = 0; v = Math.min(0, record.value.i) & 1; record.value.i -= 1; return v;");
  });
  it("leave out functions that are called nowhere", () => {
    check("const n = s32(ctx.args[0]); return (n & 1) < 2 ? 3 : fn(n);");
    check("const n = 1; if (n > 2) return fn(level.value); return 4;");
  });
  it("compare with constants beyond 64 bits", () => {
    check("const b = u64(ctx.args[0]); return b < 0x1_0000_0000_0000_0000n ? 1 : 2;");
    check("const b = s64(ctx.args[0]); return b > -0x1_0000_0000_0000_0000n ? 1 : 2;");
  });
  it("index by what only the compiler knows to be inside", () => {
    const sum =
      "let sum = 0; for (const i of range(s32(ctx.args[0]) & 3)) sum += record.value.list[i];";
    check(`record.value.list[2] += 5; ${sum} return sum;`);
    check(
      "return record.value.list[Math.floor((s32(ctx.args[0]) & 7) / ((level.value & 1) + 1))] + 1;",
    );
    check("return record.value.list[(s32(ctx.args[0]) & 0xff) % 8];");
    check("const v = s16(ctx.args[0]); record.value.list[Math.floor(9 / (v & 1)) & 7] += 1;");
    check(
      "for (const i of range(limit.value & 1, level.value & 3)) total.value += u64(record.value.parts[i & 7].b);",
    );
    check(
      "return record.value.list[(7 >> level.value) & 7] + record.value.list[(0 >> level.value) & 7];",
    );
    check("for (const i of range(level.value & 1, 0)) record.value.parts[i & 7].b += 1;");
  });
  it("index in packets", () => {
    checkPacket("return head.small.odd[level.value];");
    checkPacket(
      "head.small.odd[head.m & 3] += 3; head.small.odd[head.m] = 4; return head.small.odd[head.n & 1];",
    );
  });
  it("compute what they then do not store", () => {
    check(
      "record.value.parts[s32(ctx.args[0])] = { a: fn(4), b: level.value++ }; return level.value;",
    );
  });
  it("read truth out of packets", () => {
    checkPacket("total.value = u64(head.small.flag); return +head.small.flag & 1;");
    checkPacket("return head.small.flag === (head.m > 5) ? 3 : 4;");
    checkPacket("const small = Small(head.small); return +small.flag;");
    checkPacket("record.value.small = head.small; return +record.value.small.flag;");
  });
  it("call what stands left of && and || once", () => {
    check("const b = hit(level.value) || level.value > 4; return b ? level.value : 0;");
    check("const b = hit(level.value) && level.value > 4; return +b + level.value;");
  });
  it("assign literals made of what they replace", () => {
    check(
      "record.value.parts[0] = { a: 3, b: 4 }; " +
        "record.value.parts[0] = { b: record.value.parts[0].a, a: record.value.parts[0].b };",
    );
    check(
      'record.value.small = { x: 7, name: "abc" }; ' +
        "record.value.small = { y: record.value.small.x, name: record.value.small.name };",
    );
  });
  it("read arguments before later ones change them", () => {
    check("return Math.min(level.value, (level.value = 1)) * 10 + level.value;");
    check("level.value = 7; return Math.max(level.value, level.value--, level.value);");
    check("level.value = 7; return Math.max(level.value, +hit(1)) * 100 + level.value;");
  });
  it("name texts as they are then", () => {
    check(
      'const st = Small({ name: "a" }); const n = st.name; st.name = "b"; return n === "a" ? 1 : 2;',
    );
    check(
      'record.value.long = "abcd"; const n = record.value.long; record.value.long = ""; return n ? 1 : 2;',
    );
  });
  it("read zeros in front of arrays", () => {
    check(
      "record.value.list[level.value] = 3; return record.value.list[level.value] + record.value.list[7];",
    );
  });
  it("take what maps answer for 32 bits with sign", () => {
    check(
      "const status = counts.delete(77); total.value = u64(status); return status < 0 ? 1 : 2;",
    );
  });
  it("wrap variables", () => {
    check("level.value = s32(ctx.args[0]); total.value -= 9n; return level.value;");
  });
});
