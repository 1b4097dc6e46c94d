/**
 * Forms of the language beyond statements and arithmetic, run by the kernel.
 * @module
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { array, be16, chars, s32, struct, u16, u32, u64, u8 } from "../../layout/index.ts";
import { arrayMap } from "../../spec/array-map.ts";
import { hashMap } from "../../spec/hash-map.ts";
import { needsLinux } from "../../testing/needs-linux.ts";
import { needs } from "../../testing/needs.ts";
import * as builtins from "../builtins/index.ts";
import { modes, runWithMaps, type RunWithMapsOptions } from "./testing-run.ts";
import { testFunction, type TestScope } from "./testing.ts";

describe("the language in the kernel", needs("bpf"), () => {
  const Grid = struct("grid", {
    cells: array(array(u32, 4), 3),
    points: array(struct("point", { x: s32, tags: array(u8, 4) }), 3),
    name: chars(16),
    count: u64,
    low: u16,
  });
  const grids = arrayMap("grids", Grid, 1);
  const counts = hashMap("counts", u32, u64, 16);
  const check = (
    text: string,
    expected: number,
    given: readonly bigint[] = [],
    { scope = {}, ...options }: { scope?: TestScope } & Partial<RunWithMapsOptions> = {},
  ): void => {
    for (const optimize of modes) {
      const all = { ...builtins, counts, grids, Grid, ...scope };
      const { returned } = runWithMaps(text, { ...options, scope: all, optimize, given });
      assert.equal(returned | 0, expected, `${text} (${optimize})`);
    }
  };
  const inGrid = (body: string, expected: number, given?: readonly bigint[]): void =>
    check(`(ctx) => { const v = grids.lookup(0); if (!v) return -99; ${body} }`, expected, given);

  it("assigns where there is nothing", () => {
    check(
      "() => { let v = counts.lookup(1); counts.update(2, 5n); v ??= counts.lookup(2); return v ? Number(v.value) : 0; }",
      5,
    );
    check("(ctx) => { let n = u32(ctx.args[0]); n ||= 7; return n; }", 7, [0n]);
    check("(ctx) => { let n = u32(ctx.args[0]); n ||= 7; return n; }", 3, [3n]);
    check("(ctx) => { let n = u32(ctx.args[0]); n &&= n + 7; return n; }", 10, [3n]);
    check("(ctx) => { let n = u32(ctx.args[0]); n ??= 7; return n; }", 0, [0n]);
    inGrid("v.low ||= 9; v.low &&= v.low + 1; v.count ||= 3n; return v.low + Number(v.count);", 13);
    inGrid("v.low ??= 9; return v.low;", 0);
  });

  it("goes on only where there is something", () => {
    check("() => Number(counts.lookup(9)?.value ?? 4n)", 4);
    check("() => { counts.update(9, 1n); return Number(counts.lookup(9)?.value ?? 4n); }", 1);
    check("() => (grids.lookup(0)?.cells[1][2] ?? 5)", 0);
    check("() => { const v = counts.lookup(3) ?? counts.lookup(4); return v ? 1 : 2; }", 2);
    check("() => (counts.lookup(9)?.value === 3n ? 1 : 2)", 2);
    check("() => (counts.lookup(9)?.value !== 3n ? 1 : 2)", 1);
  });

  it("takes indexes in a row", () => {
    const text = `
      const i = u32(ctx.args[0]); const j = u32(ctx.args[1]);
      v.cells[i][j] = 7;
      v.points[i].tags[j] = 3;
      v.points[i].x = -1;
      return v.cells[i][j] * 100 + v.points[i].tags[j] * 10 + v.points[i].x;`;
    inGrid(text, 700 + 30 - 1, [2n, 3n]);
    inGrid(text, -1, [2n, 4n]);
    inGrid(text, 0, [3n, 1n]);
    inGrid(
      "const row = v.cells[u32(ctx.args[0])]; row[1] = 4; return row[1] + row[u32(ctx.args[1])];",
      8,
      [1n, 1n],
    );
  });

  it("passes packets and pointers to functions", () => {
    const skipVlan = testFunction(
      `(pkt, eth) => {
        "use bpf";
        if (eth.h_proto !== htons(0x8100)) return eth.h_proto;
        const vlan = pkt.next(Vlan);
        return vlan ? vlan.proto : htons(0);
      }`,
      { ...builtins, Vlan: struct("vlan", { tci: be16, proto: be16 }) },
      "skipVlan",
    );
    const text = `(ctx) => {
      const pkt = packet(ctx);
      const eth = pkt.next(kernel.ethhdr);
      if (!eth) return 0;
      const proto = skipVlan(pkt, eth);
      if (ntohs(proto) !== 0x800) return 1;
      const ip = pkt.next(kernel.iphdr);
      return ip ? ip.ttl : 2;
    }`;
    const data = new Uint8Array(64);
    data.set([0x81, 0, 0, 1, 8, 0, 0x45], 12);
    data[18 + 8] = 77;
    const program = { type: "xdp", target: { kind: "none" } } as const;
    check(text, 77, [], { scope: { skipVlan }, program, input: { data } });
  });

  it("puts text together", needsLinux(5, 13), () => {
    inGrid(
      "v.name = `${u32(ctx.args[0])}:${'abc'}-${-5}`; return v.name === '42:abc--5' ? 1 : 0;",
      1,
      [42n],
    );
    inGrid("v.name = `${ctx.args[0]}`; return v.name.startsWith('1844674407370') ? 1 : 0;", 1, [
      2n ** 64n - 1n,
    ]);
    inGrid("v.name = 'x'; v.name = `<${v.name}>`; return v.name === '<x>' ? 1 : 0;", 1);
  });

  it("rounds quotients", () => {
    check("(ctx) => Math.floor(u32(ctx.args[0]) / 4)", 2, [11n]);
    check("(ctx) => Math.ceil(u32(ctx.args[0]) / 4)", 3, [11n]);
    check("(ctx) => Math.floor(s32(ctx.args[0]) / 4)", -3, [-11n]);
    check("(ctx) => Math.floor(s32(ctx.args[0]) / -4)", -3, [11n]);
    check("(ctx) => Math.ceil(s32(ctx.args[0]) / 4)", -2, [-11n]);
    check("(ctx) => Math.floor(s32(ctx.args[0]) / 4)", -2, [-8n]);
    check("(ctx) => Math.round(s32(ctx.args[0]) / 4)", 3, [10n]);
  });

  it("chooses by text", () => {
    const text = `switch (v.name) { case "b": return 1; case "abc": return 2; default: return 3; }`;
    inGrid(`v.name = "abc"; ${text}`, 2);
    inGrid(`v.name = "b"; ${text}`, 1);
    inGrid(`v.name = "ab"; ${text}`, 3);
    inGrid(
      `switch (bpf.getCurrentComm()) { case "not this": return 1; case "": return 2; } return 3;`,
      3,
    );
  });

  it("takes things apart", () => {
    inGrid(
      "v.low = 5; v.points[1].x = 6; const { low, points: [first, { x }] } = v; return low * 10 + x + first.x;",
      56,
    );
    inGrid("const [, row] = v.cells; row[2] = 8; const [a, b, c] = row; return a + b * 10 + c;", 8);
    const area = testFunction("({ x, tags }, by = 2) => (x + tags[0]) * by", {}, "area");
    check(
      "() => { const v = grids.lookup(0); if (!v) return -1; v.points[1].x = 4; " +
        "return area(v.points[1]) * 100 + area(v.points[1], 3); }",
      812,
      [],
      { scope: { area } },
    );
  });

  it("goes through arrays", () => {
    inGrid(
      "v.cells[1][0] = 3; v.cells[1][3] = 4; let n = 0; for (const x of v.cells[1]) n = n * 10 + x; return n;",
      3004,
    );
    inGrid(
      "let n = 0; for (const point of v.points) { point.x = n; n += 2; } return v.points[2].x;",
      4,
    );
    check("() => { let n = 0; for (const x of [1, 2, 4]) n += x; return n; }", 7);
    inGrid("let n = 0; for (const c of [v.low, 3, u32(ctx.args[0])]) n += c; return n;", 12, [9n]);
  });

  it("ignores what is for TypeScript only", () => {
    check(
      "(ctx) => (u32(ctx.args[0]) as number) + (<number>u32(ctx.args[1])) + (3 satisfies number)",
      6,
      [1n, 2n],
    );
    check(
      "() => { counts.update(1, 4n); const v = counts.lookup(1); if (!v) return 0; return Number(v!.value!); }",
      4,
    );
    check(
      "() => { type A = number; interface B { a: A } const x: A = 3; const y = x as unknown as B['a']; return y; }",
      3,
    );
  });
});
