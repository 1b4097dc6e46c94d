/**
 * What a specification says of a program beside its instructions, seen in the kernel.
 * @module
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { add, mov } from "../asm/alu.ts";
import { assemble, label } from "../asm/assemble.ts";
import { exit } from "../asm/call.ts";
import { jgt } from "../asm/jump.ts";
import { ldx } from "../asm/memory.ts";
import { r0, r1, r2, r3, r4 } from "../isa/register.ts";
import { tpBtf } from "../spec/tracepoint.ts";
import { xdp } from "../spec/xdp.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";
import { needs } from "../testing/needs.ts";
import { VerifierError } from "../verifier/verifier-error.ts";
import { kernelBtf } from "./kernel-btf.ts";
import { loadProgram } from "./load.ts";

const kernel = openNativeKernel();
const pass = assemble([mov(r0, 2), exit()]);

describe("a loaded program", needs("root", "bpf"), () => {
  it("has the name of its specification, as much as the kernel keeps", () => {
    using loaded = loadProgram(kernel, xdp(pass, { name: "a_name_of_more_than_15_bytes" }));
    assert.equal(loaded.info().name, "a_name_of_more_");
    assert.equal(loaded.name, "a_name_of_more_than_15_bytes");
  });

  it("has the licence of its specification", () => {
    const isCompatible = (license: string): boolean => {
      using loaded = loadProgram(kernel, xdp(pass, { license }));
      return loaded.info().gplCompatible;
    };
    assert.deepEqual(["GPL", "Dual MIT/GPL", "MIT"].map(isCompatible), [true, true, false]);
  });

  it("has the flags of its specification", () => {
    // Four bytes of the packet at an odd address: fine for this machine, not for those that want everything aligned.
    const odd = assemble([
      ldx("u32", r2, r1, 0),
      ldx("u32", r3, r1, 4),
      mov(r4, r2),
      add(r4, 14),
      jgt(r4, r3, "end"),
      ldx("u32", r0, r2, 1),
      label("end"),
      mov(r0, 2),
      exit(),
    ]);
    loadProgram(kernel, xdp(odd)).close();
    assert.throws(
      () => loadProgram(kernel, xdp(odd, { flags: ["strict_alignment"] })),
      (error) => error instanceof VerifierError && /misaligned/.test(error.format()),
    );
  });

  it("is for the type that its specification names", needs("btf"), () => {
    const [hook] = kernelBtf(kernel).findAll("btf_trace_sched_process_exec");
    using loaded = loadProgram(kernel, tpBtf("sched_process_exec", assemble([mov(r0, 0), exit()])));
    const { type, attachBtfTypeId } = loaded.info();
    assert.deepEqual([type, attachBtfTypeId], ["tracing", hook!.id]);
  });
});
