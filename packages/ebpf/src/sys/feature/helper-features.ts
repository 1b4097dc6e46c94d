/**
 * Helpers: a call of one that the kernel does not have is refused with words of its own in the verifier's log.
 *
 * The calls have no arguments, so they are always refused; only the words tell a helper that is not there from one that
 * was called wrongly (kernel/bpf/verifier.c, check_helper_call).
 * @module
 */
import { cString } from "../../base/bytes.ts";
import { BpfError } from "../../base/errors.ts";
import { NotSupportedError, PermissionError } from "../../kernel/errors.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import type { KernelVersion } from "../../kernel/feature.ts";
import type { ProgramType } from "../../spec/words.ts";
import type { Feature } from "./feature.ts";
import { exit, loadInstructions } from "./smallest-program.ts";

/** Number in `enum bpf_func_id`, the version it came with, and a kind of program that may call it. */
type Row = readonly [name: string, id: number, since: KernelVersion, type: ProgramType];

const rows: readonly Row[] = [
  ["probe_read_kernel", 113, [5, 5], "tracepoint"],
  ["ktime_get_boot_ns", 125, [5, 8], "tracepoint"],
  ["ringbuf_output", 130, [5, 8], "tracepoint"],
  ["ringbuf_reserve", 131, [5, 8], "tracepoint"],
  ["for_each_map_elem", 164, [5, 13], "socket_filter"],
  ["snprintf", 165, [5, 13], "tracepoint"],
  ["timer_init", 169, [5, 15], "xdp"],
  ["get_attach_cookie", 174, [5, 15], "tracepoint"],
  ["loop", 181, [5, 17], "socket_filter"],
  ["strncmp", 182, [5, 17], "socket_filter"],
  ["dynptr_from_mem", 197, [5, 19], "socket_filter"],
  ["user_ringbuf_drain", 209, [6, 1], "socket_filter"],
];

/** One row for each helper that later parts of this library ask for. */
export const helperFeatures: readonly Feature[] = rows.map(([name, id, since, type]) => ({
  name,
  group: "helper",
  since,
  probe: (kernel) => callHelper(kernel, id, type),
}));

const notThere = /unknown func|invalid func|cannot use helper/;

function callHelper(kernel: Kernel, id: number, progType: ProgramType): Disposable | undefined {
  const buffer = new Uint8Array(4096);
  const log = { level: 1, buffer };
  try {
    return loadInstructions(kernel, [{ kind: "call-helper", id }, exit], { progType, log });
  } catch (error) {
    if (!(error instanceof BpfError)) throw error;
    const text = cString(buffer);
    if (text !== "" && !notThere.test(text)) return undefined;
    if (error instanceof PermissionError && text === "") throw error;
    throw new NotSupportedError(`helper ${id} in programs of type ${progType}`, { cause: error });
  }
}
