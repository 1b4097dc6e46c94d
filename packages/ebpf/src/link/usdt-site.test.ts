import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgumentError } from "../base/errors.ts";
import { littleEndian, viewOf } from "../base/bytes.ts";
import type { ElfFile } from "../elf/elf.ts";
import type { UsdtProbe } from "../elf/usdt.ts";
import { parseUsdtArguments, usdtMachines } from "../elf/usdt-argument.ts";
import { type UsdtSpecLayout, usdtSpecLayout, usdtSpecLayoutOf } from "../spec/usdt-map.ts";
import { encodeUsdtSite } from "./usdt-site.ts";

const { x86_64, aarch64 } = usdtMachines;

function encode(text: string, machine: number = x86_64, layout = usdtSpecLayout): DataView {
  const site: UsdtProbe = {
    provider: "p",
    name: "n",
    address: 0x10n,
    offset: 0x10,
    semaphoreOffset: undefined,
    arguments: parseUsdtArguments(text, machine),
  };
  const file: ElfFile = { ...none, machine };
  return viewOf(encodeUsdtSite(file, site, { cookie: 7n, layout }));
}

const none: ElfFile = {
  path: "/f",
  byteOrder: "little",
  type: "shared",
  machine: 0,
  flags: 0,
  sections: [],
};

/** Kind, value, register, index with its scale, sign and unused bits of the argument at `index`. */
function argumentAt(
  view: DataView,
  index: number,
  layout: UsdtSpecLayout = usdtSpecLayout,
): readonly (number | bigint)[] {
  const at = layout.argument * index;
  return [
    view.getUint8(at + layout.kind),
    view.getBigInt64(at + layout.value, littleEndian),
    view.getUint16(at + layout.register, littleEndian),
    view.getUint16(at + layout.index, littleEndian),
    view.getUint8(at + layout.signed),
    view.getUint8(at + layout.unusedBits),
  ];
}

describe("encodeUsdtSite", () => {
  const check = (text: string, expected: readonly (number | bigint)[], machine?: number): void =>
    assert.deepEqual(argumentAt(encode(text, machine), 0), expected);

  it("writes constants", () => check("-4@$-5", [0, -5n, 0, 0, 1, 32]));
  it("writes registers by their place in struct pt_regs", () => {
    check("8@%rdi", [1, 0n, 112, 0, 0, 0]);
    check("1@%r15b", [1, 0n, 0, 0, 0, 56]);
    check("8@%rsp", [1, 0n, 152, 0, 0, 0]);
    check("8@x30", [1, 0n, 240, 0, 0, 0], aarch64);
    check("8@sp", [1, 0n, 248, 0, 0, 0], aarch64);
  });
  it("writes memory", () => {
    check("-2@-8(%rbp)", [2, -8n, 32, 0, 1, 48]);
    check("4@[sp, 60]", [2, 60n, 248, 0, 0, 32], aarch64);
  });
  it("writes memory with an index", () =>
    check("8@16(%rdx,%rcx,8)", [3, 16n, 96, 88 | (3 << 12), 0, 0]));
  it("writes each argument, their number and the cookie", () => {
    const view = encode("8@%rdi 8@$1");
    assert.equal(argumentAt(view, 1)[1], 1n);
    assert.deepEqual([view.getUint16(200, true), view.getBigUint64(192, true)], [2, 7n]);
    assert.equal(view.byteLength, 208);
  });
  it("writes for programs of libbpf 1.7, too", () => {
    const layout = usdtSpecLayoutOf(304)!;
    const view = encode("8@%rdi 8@16(%rdx,%rcx,8)", x86_64, layout);
    assert.deepEqual(argumentAt(view, 1, layout), [3, 16n, 96, 88 | (3 << 12), 0, 0]);
    assert.deepEqual([view.getUint16(296, true), view.getBigUint64(288, true)], [2, 7n]);
    assert.equal(usdtSpecLayoutOf(200), undefined);
  });

  const refuses = (text: string, message: RegExp, machine?: number): void =>
    assert.throws(
      () => encode(text, machine),
      (error) => error instanceof InvalidArgumentError && message.test(error.message),
    );
  it("refuses what nobody can read", () => {
    refuses("8@%rdi 8@%xmm0", /p:n at 0x10 .*: 8@%xmm0$/);
    refuses("8@x0", /8@x0/);
    refuses("8@%rdi", /8@%rdi/, 8);
  });
  it("refuses more arguments than programs can read", () =>
    refuses("8@$1 ".repeat(13), /has 13 arguments/));
});
