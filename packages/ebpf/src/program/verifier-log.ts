/**
 * The verifier's log of programs that it accepts: what it knew at each instruction, and what verifying took.
 *
 * Of programs that are rejected the error has the log anyway. Writing a log takes the kernel far longer than verifying, so
 * that nobody gets one who did not ask.
 * @module
 */
import { assertWord } from "../base/arguments.ts";
import { cString } from "../base/bytes.ts";
import type { ProgLoad, VerifierLogBuffer } from "../kernel/commands.ts";
import { SyscallError } from "../kernel/errors.ts";
import type { Handle } from "../kernel/handle.ts";
import type { Kernel } from "../kernel/kernel.ts";

/**
 * How much the log says: the `states` of registers and stack at each instruction, on each path; or only the `statistics`,
 * which are at its end. What lies between, the path without states, the kernel only tells of programs it rejects.
 */
export type VerifierDetail = "states" | "statistics";

/** Asks for the log of programs that are accepted. */
export interface VerifierLogOptions {
  /** `states` when left out. */
  readonly detail?: VerifierDetail | undefined;
  /** Is told the log of each program once it is loaded. */
  readonly onLog: (log: VerifierLog) => void;
}

/** What the verifier said of a program that it accepted. */
export interface VerifierLog {
  /** Name of the program. */
  readonly program: string;
  readonly text: string;
  /** Whether that is all of it: of a log that is too long Linux 6.4 keeps the end, and older kernels keep the start. */
  readonly complete: boolean;
}

/**
 * Bytes of the log buffer: the most that all kernels take, `UINT_MAX >> 8` before Linux 5.2. Where a log is longer, Linux 6.4
 * keeps its end and older kernels its start. Memory is only taken for what is written.
 */
export const verifierLogBytes: number = (1 << 24) - 1;

/** BPF_LOG_LEVEL2 and BPF_LOG_STATS of include/linux/bpf_verifier.h. */
const levels: { readonly [Detail in VerifierDetail]: number } = { states: 2 | 4, statistics: 4 };

/**
 * Loads a program and tells its log. The caller closes the handle.
 * @throws {InvalidArgumentError} for a detail that is none; what loading without a log throws, as well.
 */
export function loadTellingLog(
  kernel: Kernel,
  attributes: ProgLoad,
  { name, detail = "states", onLog }: VerifierLogOptions & { readonly name: string },
): Handle {
  assertWord(detail, Object.keys(levels), "the detail of a verifier's log");
  const log: VerifierLogBuffer = {
    level: levels[detail],
    buffer: new Uint8Array(verifierLogBytes),
  };
  using stack = new DisposableStack();
  const whole = ifRoom(() => kernel.bpf("progLoad", { ...attributes, log }));
  // The kernel refuses a program whose log has no room; without one it is loaded all the same.
  const handle = stack.use(whole ?? kernel.bpf("progLoad", attributes));
  onLog({ program: name, text: cString(log.buffer), complete: whole !== undefined });
  stack.move();
  return handle;
}

/** What `load` returns; `undefined` when the log had no room. */
function ifRoom(load: () => Handle): Handle | undefined {
  try {
    return load();
  } catch (error) {
    if (error instanceof SyscallError && error.errnoName === "ENOSPC") return undefined;
    throw error;
  }
}
