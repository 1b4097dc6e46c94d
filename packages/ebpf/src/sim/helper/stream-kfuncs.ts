/**
 * Functions of the kernel that print into the streams of a program (kernel/bpf/stream.c).
 * @module
 */
import type { Core } from "../core.ts";
import { failed } from "../errno.ts";
import type { Helper } from "../vm/machine.ts";
import { s32Of, u32Of, u64Of } from "./context.ts";
import { formatMessage, textAt } from "./format.ts";
import { wordsOf } from "./tracing.ts";

const encoder = new TextEncoder();

/** Functions on streams, by name. Linux 6.18 and 6.19 say `_impl` behind it, and mean the same. */
export function streamKfuncs(kernel: () => Core): Readonly<Record<string, Helper>> {
  const print: Helper = (machine) => {
    const core = kernel();
    const stream = core.current.program.streams.numbered(s32Of(machine, 1));
    if (stream === undefined) return failed.noEntry;
    const isMissing = u64Of(machine, 3) === 0n && u32Of(machine, 4) > 0;
    const words = isMissing ? undefined : wordsOf(machine, core, 3);
    const format = encoder.encode(textAt(core.memory, u64Of(machine, 2)));
    const text = words && formatMessage(core.memory, format, words);
    return text === undefined ? failed.invalid : stream.write(encoder.encode(text));
  };
  return { bpf_stream_vprintk: print, bpf_stream_vprintk_impl: print };
}
