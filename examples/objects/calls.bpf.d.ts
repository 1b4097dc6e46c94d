// Types of calls.bpf.o, written by "ts-ebpf types". Do not edit.
import type { AttachTargetOf, GlobalSpec, KeyedMapSpec, ProgramSpec, RingbufSpec } from "ts-ebpf";

/** What is in calls.bpf.o: `loadObject<Calls>(…)`. */
export type Calls = {
  /** Map of type hash, 64 elements. */
  readonly usages: KeyedMapSpec<"hash", number, usage>;
  /** Map of type ringbuf, 65536 bytes. */
  readonly calls: RingbufSpec<call>;
  /** Constant in .rodata. */
  readonly target: GlobalSpec<number>;
  /** Variable in .bss. */
  readonly total: GlobalSpec<bigint>;
  /** Variable in .bss. */
  readonly unused_call: GlobalSpec<bigint>;
  /** Program of type raw_tracepoint, in section "raw_tp/sys_enter". */
  readonly on_call: ProgramSpec<AttachTargetOf<"raw_tracepoint">>;
};

/** `struct usage`, 16 bytes. */
export interface usage {
  readonly calls: bigint;
  readonly last_ns: bigint;
}

/** `struct call`, 24 bytes. */
export interface call {
  readonly pid: number;
  readonly number: number;
  readonly command: string;
}
