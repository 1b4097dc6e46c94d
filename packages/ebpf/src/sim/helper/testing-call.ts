/**
 * Calling one helper in a simulated kernel, for tests.
 * @module
 */
import { mov } from "../../asm/alu.ts";
import { assemble, type Item } from "../../asm/assemble.ts";
import { call, exit } from "../../asm/call.ts";
import { ldx } from "../../asm/memory.ts";
import type { HelperName } from "../../helper/helper-id.ts";
import { r1, r2, r3, r4, r5, r6 } from "../../isa/register.ts";
import { loadProgram } from "../../program/load.ts";
import { program } from "../../spec/program.ts";
import type { ProgramType } from "../../spec/words.ts";
import { createSimulatedKernel, type SimulatedKernel } from "../simulated-kernel.ts";

/** A kernel that takes all programs. */
export function uncheckedKernel(): SimulatedKernel {
  return createSimulatedKernel({ checking: "off" });
}

/** What a helper returns to a program that gives it these arguments: 64 bits with sign. */
export function callHelper(
  kernel: SimulatedKernel,
  helper: HelperName,
  args: readonly (bigint | number)[],
  type: ProgramType = "syscall",
): bigint {
  const registers = [r1, r2, r3, r4, r5] as const;
  const given = args.map((_, index) => ldx("u64", registers[index]!, r6, 8 * index));
  const code: readonly Item[] = [mov(r6, r1), ...given, call(helper), exit()];
  using loaded = loadProgram(kernel, program(type, assemble(code)));
  const words = args.map((it) => BigInt.asUintN(64, BigInt(it)));
  const bytes = new Uint8Array(BigUint64Array.from([...words, 0n]).buffer);
  return BigInt.asIntN(64, kernel.run(loaded, { bytes }).result);
}
