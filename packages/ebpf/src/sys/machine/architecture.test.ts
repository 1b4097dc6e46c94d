import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { machine } from "node:os";
import { describe, it } from "node:test";
import { littleEndian } from "../../base/bytes.ts";
import {
  type ArchitectureName,
  architectureNamed,
  architectures,
  findArchitecture,
  ioctlNumber,
} from "./architecture.ts";

describe("architectureNamed", () => {
  const check = (name: string, expected: ArchitectureName): void =>
    assert.equal(architectureNamed(name).name, expected);

  it("knows the kernel's names", () => check("arm64", "arm64"));
  it("knows uname's names", () => check("aarch64", "arm64"));
  it("knows Node's names", () => check("x64", "x86_64"));
  it("finds this machine's, with its byte order", () => {
    const here = architectureNamed(machine());
    assert.equal(here.nodeName, process.arch);
    assert.equal(here.byteOrder, littleEndian ? "little" : "big");
  });
  it("guesses what was meant", () =>
    assert.throws(() => architectureNamed("x86-64"), {
      name: "InvalidArgumentError",
      hint: 'did you mean "x86_64"?',
    }));
  it("lists what there is", () =>
    assert.throws(() => architectureNamed("m68k"), {
      hint: "known are x86_64, arm64, s390x, ppc64le, riscv64",
    }));
  it("finds nothing without throwing, too", () =>
    assert.equal(findArchitecture("m68k"), undefined));
});

describe("architectures", () => {
  const argumentsOf = (name: ArchitectureName): readonly string[] =>
    architectures[name].registers.functionArguments.map((it) => `${it.name}@${it.offset}`);

  it("passes arguments on x86_64 in registers of the System V ABI", () =>
    assert.deepEqual(argumentsOf("x86_64"), [
      "rdi@112",
      "rsi@104",
      "rdx@96",
      "rcx@88",
      "r8@72",
      "r9@64",
    ]));
  it("passes five arguments on s390x from gprs[2] on", () =>
    assert.deepEqual(argumentsOf("s390x"), [
      "gprs[2]@40",
      "gprs[3]@48",
      "gprs[4]@56",
      "gprs[5]@64",
      "gprs[6]@72",
    ]));
  it("passes the fourth argument of a system call on x86_64 in r10, not rcx", () =>
    assert.equal(architectures.x86_64.registers.systemCallArguments[3]!.name, "r10"));

  for (const { name, registers } of Object.values(architectures)) {
    it(`has offsets on ${name} that are multiples of 8`, () => {
      const all = [
        ...registers.functionArguments,
        ...registers.systemCallArguments,
        registers.returnValue,
        registers.stackPointer,
        registers.framePointer,
        registers.instructionPointer,
      ];
      assert.deepEqual(
        all.filter(({ offset }) => offset % 8 !== 0 || offset > 304),
        [],
      );
    });
    it(`saves the first argument of a system call on ${name}`, () =>
      assert.equal(registers.systemCallArguments.length, 6));
  }

  const headers: readonly (readonly [ArchitectureName, string])[] = [
    ["x86_64", "/usr/include/x86_64-linux-gnu/asm/unistd_64.h"],
    ["arm64", "/usr/include/asm-generic/unistd.h"],
    ["riscv64", "/usr/include/asm-generic/unistd.h"],
  ];
  for (const [name, path] of headers) {
    const skip = existsSync(path) ? false : `${path} is not installed`;
    it(`has the system call numbers of ${path} for ${name}`, { skip }, () => {
      const text = readFileSync(path, "utf8");
      const number = (call: string): number =>
        Number(new RegExp(`#define __NR_${call} (\\d+)`).exec(text)?.[1]);
      assert.deepEqual(architectures[name].systemCalls, {
        bpf: number("bpf"),
        perfEventOpen: number("perf_event_open"),
      });
    });
  }
});

describe("ioctlNumber", () => {
  // PERF_EVENT_IOC_SET_BPF is _IOW('$', 8, __u32), PERF_EVENT_IOC_ENABLE is _IO('$', 0).
  const setBpf = { direction: "write", type: "$", number: 8, sizeBytes: 4 } as const;
  const enable = { direction: "none", type: "$", number: 0, sizeBytes: 0 } as const;
  const check = (
    name: ArchitectureName,
    request: typeof setBpf | typeof enable,
    expected: number,
  ): void => assert.equal(ioctlNumber(architectures[name], request), expected);

  it("writes an argument", () => check("x86_64", setBpf, 0x40042408));
  it("takes none", () => check("arm64", enable, 0x2400));
  it("has other directions on powerpc", () => check("ppc64le", setBpf, 0x80042408));
  it("says so even when there is none on powerpc", () => check("ppc64le", enable, 0x20002400));
});
