import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { assemble } from "../asm/assemble.ts";
import { mov } from "../asm/alu.ts";
import { callKfunc, exit } from "../asm/call.ts";
import { storeTo } from "../asm/field.ts";
import { stackFrame } from "../asm/stack.ts";
import { addressOf } from "../asm/place.ts";
import { loadMapValue } from "../asm/wide.ts";
import { loadCollection } from "../collection/load.ts";
import { r0, r1, r2, r3, r4, r5 } from "../isa/register.ts";
import { chars } from "../layout/chars.ts";
import { isNotSupported } from "../kernel/errors.ts";
import { isAtLeast } from "../kernel/feature.ts";
import { kernelBtf } from "../program/kernel-btf.ts";
import { config } from "../spec/global-spec.ts";
import { program } from "../spec/program.ts";
import { kernelUnderTest } from "../testing/kernel-under-test.ts";
import { needs } from "../testing/needs.ts";
import { ProgramOutput, type ProgramStream } from "./program-output.ts";
import { collect } from "./testing-collect.ts";

const kernel = kernelUnderTest();
const usable = needs("root", "bpf", "btf");

/** The kfunc has had several names; with `_impl`, and before that, its last argument is filled in by the verifier. */
const names = ["bpf_stream_vprintk", "bpf_stream_vprintk_impl"] as const;
const printName = names.find((name) => kernelBtf(kernel)?.findByName(name, "func") !== undefined);
const printSkip = printName === undefined ? "the kernel has no bpf_stream_vprintk" : usable.skip;

const numbers = { stdout: 1, stderr: 2 } as const;

/** A program that prints a number into one of its streams, and returns what the kfunc did. */
function printer(stream: ProgramStream) {
  const format = config("format", chars(32), "number %d\n");
  const values = stackFrame().bytes(8);
  const print = program(
    "syscall",
    assemble([
      storeTo({ ...values, size: 8 }, 42),
      [mov(r1, numbers[stream]), loadMapValue(r2, format), addressOf(r3, values)],
      [mov(r4, 8), mov(r5, 0), callKfunc(printName!)],
      exit(),
    ]),
    { flags: ["sleepable"] },
  );
  return loadCollection(kernel, { format, print });
}

/** Prints; why not, when the kernel has no memory for it, as one of the machines here always says. */
function tryPrint({ print }: ReturnType<typeof printer>): string | undefined {
  const status = print.run().returnValue | 0;
  return status < 0 ? `bpf_stream_vprintk returned ${status}` : undefined;
}

describe("ProgramOutput", { skip: printSkip }, () => {
  for (const stream of ["stdout", "stderr"] as const) {
    it(`yields lines that a program prints to ${stream}`, async (test) => {
      using printing = printer(stream);
      const output = new ProgramOutput(printing.print, stream);
      assert.equal(output.take(), "");
      const obstacle = tryPrint(printing);
      if (obstacle !== undefined) return test.skip(obstacle);
      setTimeout(() => tryPrint(printing), 1);
      const lines: string[] = [];
      for await (const line of output.lines({ intervalMs: 1 })) {
        lines.push(line);
        if (lines.length === 2) break;
      }
      assert.deepEqual(lines, ["number 42", "number 42"]);
      assert.equal(output.take(), "");
    });
  }

  it("is of one stream, and read once", (test) => {
    using printing = printer("stdout");
    const obstacle = tryPrint(printing);
    if (obstacle !== undefined) return test.skip(obstacle);
    assert.equal(new ProgramOutput(printing.print, "stderr").take(), "");
    assert.equal(new ProgramOutput(printing.print, "stdout").take(), "number 42\n");
    assert.equal(new ProgramOutput(printing.print, "stdout").take(), "");
  });
});

describe("ProgramOutput of a silent program", usable, () => {
  const silent = () =>
    loadCollection(kernel, {
      silent: program("socket_filter", assemble([mov(r0, 0), exit()])),
    });

  it("ends at the time-out", { skip: !isAtLeast(kernel.version, [6, 17]) }, async () => {
    using loaded = silent();
    const output = new ProgramOutput(loaded.silent, "stdout");
    assert.deepEqual(await collect(output.lines({ timeoutMs: 5, intervalMs: 1 })), []);
  });

  it("says since when there are streams", { skip: isAtLeast(kernel.version, [6, 17]) }, () => {
    using loaded = silent();
    assert.throws(() => new ProgramOutput(loaded.silent, "stdout").take(), isNotSupported);
  });
});
