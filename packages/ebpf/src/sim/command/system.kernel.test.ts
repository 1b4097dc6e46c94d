import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { mov } from "../../asm/alu.ts";
import { assemble } from "../../asm/assemble.ts";
import { exit } from "../../asm/call.ts";
import { enableStatistics } from "../../inspect/statistics.ts";
import { r0 } from "../../isa/register.ts";
import { createToken } from "../../kernel/token.ts";
import { loadProgram } from "../../program/load.ts";
import { program } from "../../spec/program.ts";
import { kernelUnderTest } from "../../testing/kernel-under-test.ts";
import { needsLinux } from "../../testing/needs-linux.ts";
import { needs } from "../../testing/needs.ts";

const kernel = kernelUnderTest();
const passing = () => loadProgram(kernel, program("xdp", assemble([mov(r0, 2), exit()])));
const data = new Uint8Array(64);

describe("statistics of a kernel", needs("root", "bpf"), () => {
  it("count runs while somebody wants them", needsLinux(5, 8), () => {
    using counted = passing();
    const one = enableStatistics(kernel);
    using other = enableStatistics(kernel);
    counted.run({ data, repeat: 5 });
    assert.equal(counted.info().runCount, 5n);
    one[Symbol.dispose]();
    counted.run({ data });
    assert.equal(counted.info().runCount, 6n);
    using silent = passing();
    assert.equal(silent.info().runCount, 0n);
    other[Symbol.dispose]();
  });
});

describe("a token of a kernel", needs("root", "bpf"), () => {
  it("is made of a BPF file system alone", needsLinux(6, 9), () => {
    assert.throws(() => createToken(kernel, "/dev/null"), {
      errnoName: "EINVAL",
      message: /it is not the root of a bpffs/,
    });
  });
});
