/**
 * Loading of random programs, for tests: with BTF, so that functions may be global; a program that is refused is no error.
 * @module
 */
import { encode } from "../../isa/encode.ts";
import type { ProgLoad } from "../../kernel/commands.ts";
import { SyscallError } from "../../kernel/errors.ts";
import type { Handle } from "../../kernel/handle.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import { programBtf } from "../../relocate/program-btf.ts";
import { program } from "../../spec/program.ts";
import type { RandomProgram } from "./testing-steps.ts";

/** How it is loaded. */
export type Loading = Pick<ProgLoad, "progType" | "progFlags" | "maps">;

/** The program, or the end of the verifier's log. @throws {SyscallError} when it fails for another reason. */
export function loadOrLog(
  kernel: Kernel,
  { instructions, functions }: RandomProgram,
  loading: Loading,
): Handle | string {
  const spec = { ...program(loading.progType, instructions), name: "main", functions };
  const { btf, funcInfo } = programBtf(spec)!;
  using progBtf = kernel.bpf("btfLoad", { btf });
  const insns = encode(instructions);
  const attributes = { ...loading, insns, license: "GPL", progBtf, funcInfo };
  try {
    return kernel.bpf("progLoad", attributes);
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    const log = logOf(kernel, attributes);
    if (log === "") throw error;
    return log;
  }
}

const logBuffer = new Uint8Array(1 << 22);

function logOf(kernel: Kernel, attributes: ProgLoad): string {
  logBuffer[0] = 0;
  try {
    kernel.bpf("progLoad", { ...attributes, log: { level: 1, buffer: logBuffer } }).close();
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
  }
  const text = new TextDecoder().decode(logBuffer.subarray(0, logBuffer.indexOf(0)));
  return text.split("\n").slice(-20).join("\n");
}
