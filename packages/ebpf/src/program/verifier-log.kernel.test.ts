import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { mov } from "../asm/alu.ts";
import { assemble } from "../asm/assemble.ts";
import { call, exit } from "../asm/call.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import { compileAndLoad } from "../collection/load.ts";
import { r0 } from "../isa/register.ts";
import { SyscallError } from "../kernel/errors.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { xdp } from "../spec/xdp.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";
import { needs } from "../testing/needs.ts";
import { VerifierError } from "../verifier/verifier-error.ts";
import { loadProgram } from "./load.ts";
import type { VerifierDetail, VerifierLog } from "./verifier-log.ts";

const kernel = openNativeKernel();
const pass = xdp(assemble([call("get_smp_processor_id"), mov(r0, 2), exit()]), { name: "pass" });

describe("the verifier's log of a program that is accepted", needs("root", "bpf"), () => {
  const logOf = (detail: VerifierDetail | undefined): VerifierLog => {
    const logs: VerifierLog[] = [];
    const verifierLog = { detail, onLog: (log: VerifierLog) => void logs.push(log) };
    using program = loadProgram(kernel, pass, new Map(), { verifierLog });
    assert.ok(program.id > 0);
    assert.equal(logs.length, 1);
    return logs[0]!;
  };

  it("tells what is known at each instruction, unless somebody says otherwise", () => {
    for (const detail of [undefined, "states"] as const) {
      const { program, text, complete } = logOf(detail);
      assert.deepEqual([program, complete], ["pass", true]);
      assert.match(text, /^1: \(b7\) r0 = 2/m);
      assert.match(text, /R10=fp/);
      assert.match(text, /^processed 3 insns/m);
    }
  });
  it("tells what verifying took, and nothing else", () => {
    const { text } = logOf("statistics");
    assert.match(text, /^processed 3 insns/m);
    assert.doesNotMatch(text, /\(b7\)/);
  });
  it("is told of each program of a collection", async () => {
    const names: string[] = [];
    const onLog = ({ program }: VerifierLog): void => void names.push(program);
    const specs = { first: xdp(pass.instructions), second: xdp(pass.instructions) };
    using _ = await compileAndLoad(kernel, specs, { verifierLog: { onLog } });
    assert.deepEqual(names.toSorted(), ["first", "second"]);
  });
  it("may be too long, which is no reason not to load the program", () => {
    const withoutRoom: Kernel = Object.assign(Object.create(kernel) as Kernel, {
      bpf: ((command, attributes) => {
        if (command !== "progLoad" || !("log" in attributes))
          return kernel.bpf(command, attributes);
        const operation = { operation: "load", errno: 28, errnoName: "ENOSPC", reason: "no room" };
        throw new SyscallError(operation);
      }) satisfies Kernel["bpf"],
    });
    const logs: VerifierLog[] = [];
    const verifierLog = { onLog: (log: VerifierLog) => void logs.push(log) };
    using program = loadProgram(withoutRoom, pass, new Map(), { verifierLog });
    assert.ok(program.id > 0);
    assert.deepEqual(logs, [{ program: "pass", text: "", complete: false }]);
  });
  it("is not told of a program that is rejected: the error has it", () => {
    const verifierLog = {
      detail: "statistics",
      onLog: () => assert.fail("there is none"),
    } as const;
    const wrong = xdp(assemble([exit()]), { name: "wrong" });
    assert.throws(
      () => loadProgram(kernel, wrong, new Map(), { verifierLog }),
      (error) => error instanceof VerifierError && /R0 !read_ok/.test(error.log.join("\n")),
    );
  });
  it("closes the program again when it cannot be told", () => {
    const onLog = (): never => {
      throw new RangeError("not now");
    };
    assert.throws(
      () => loadProgram(kernel, pass, new Map(), { verifierLog: { onLog } }),
      /not now/,
    );
  });
  it("has a detail that there is", () => {
    const detail = "state" as "states";
    assert.throws(() => logOf(detail), InvalidArgumentError);
  });
});
