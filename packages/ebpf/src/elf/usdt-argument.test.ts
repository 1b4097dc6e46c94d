import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { parseUsdtArguments, usdtMachines, type UsdtOperand } from "./usdt-argument.ts";

const x86 = usdtMachines.x86_64;
const arm = usdtMachines.aarch64;

describe("parseUsdtArguments", () => {
  const check = (machine: number, text: string, expected: UsdtOperand): void => {
    const [argument, ...others] = parseUsdtArguments(text, machine);
    const { text: same, sizeBytes: _, signed: __, ...operand } = argument!;
    assert.deepEqual([same, operand, others], [text, expected, []]);
  };
  const inRegister = (machine: number, text: string, register: string): void =>
    check(machine, text, { kind: "register", register });

  it("reads sizes and signs", () => {
    const found = parseUsdtArguments("-4@%edi 1@$0 -8@8(%rbp)", x86);
    const sizes = found.map(({ sizeBytes, signed }) => [sizeBytes, signed]);
    assert.deepEqual(sizes, [
      [4, true],
      [1, false],
      [8, true],
    ]);
  });
  it("reads constants", () => {
    check(x86, "4@$5", { kind: "constant", value: 5n });
    check(x86, "-8@$-9", { kind: "constant", value: -9n });
    check(x86, "8@$0xffffffffffffffff", { kind: "constant", value: -1n });
    check(arm, "-4@-9", { kind: "constant", value: -9n });
    check(arm, "4@#16", { kind: "constant", value: 16n });
  });
  it("reads registers of x86-64, whichever part is meant", () => {
    for (const part of ["rax", "eax", "ax", "al"]) inRegister(x86, `8@%${part}`, "ax");
    for (const part of ["rdi", "edi", "di", "dil"]) inRegister(x86, `8@%${part}`, "di");
    for (const part of ["r8", "r8d", "r8w", "r8b"]) inRegister(x86, `8@%${part}`, "r8");
    inRegister(x86, "8@%r15", "r15");
    inRegister(x86, "8@%rsp", "sp");
    inRegister(x86, "1@%bpl", "bp");
  });
  it("reads registers of arm64", () => {
    inRegister(arm, "8@x0", "x0");
    inRegister(arm, "-4@w30", "x30");
    inRegister(arm, "8@sp", "sp");
  });
  it("reads memory", () => {
    check(x86, "8@(%rsp)", { kind: "memory", register: "sp", offset: 0n });
    check(x86, "-4@-20(%rbp)", { kind: "memory", register: "bp", offset: -20n });
    check(x86, "4@0x10(%r12)", { kind: "memory", register: "r12", offset: 16n });
    check(arm, "8@[x5]", { kind: "memory", register: "x5", offset: 0n });
    check(arm, "-4@[sp, 60]", { kind: "memory", register: "sp", offset: 60n });
    check(arm, "-4@[x29, #-12]", { kind: "memory", register: "x29", offset: -12n });
  });
  it("reads memory with an index", () => {
    const indexed = { kind: "indexed", register: "dx", index: "cx" } as const;
    check(x86, "8@16(%rdx,%rcx,8)", { ...indexed, scale: 8, offset: 16n });
    check(x86, "1@(%rdx,%rcx)", { ...indexed, scale: 1, offset: 0n });
    const ofArm = { kind: "indexed", register: "x1", index: "x2", offset: 0n } as const;
    check(arm, "8@[x1, x2, lsl 3]", { ...ofArm, scale: 8 });
    check(arm, "1@[x1,x2]", { ...ofArm, scale: 1 });
  });
  it("splits outside of brackets only", () => {
    const texts = parseUsdtArguments("8@[sp, 8] 4@x1  -1@[x1, x2]", arm).map(({ text }) => text);
    assert.deepEqual(texts, ["8@[sp, 8]", "4@x1", "-1@[x1, x2]"]);
    assert.deepEqual(parseUsdtArguments("", x86), []);
  });
  it("leaves alone what it does not understand", () => {
    const unknown = { kind: "unknown" } as const;
    for (const text of ["8f@%xmm0", "8@%xmm0", "4@counter(%rip)", "1@%ah", "3@%eax", "8@", "%eax"])
      check(x86, text, unknown);
    for (const text of ["8@x31", "8@[x1, w2, sxtw 3]", "8@d0"]) check(arm, text, unknown);
    check(8, "8@%rax", unknown);
  });
  it("never throws", () =>
    fc.assert(
      fc.property(fc.string(), fc.constantFrom(x86, arm, 0), (text, machine) => {
        parseUsdtArguments(text, machine);
      }),
    ));
});
