/**
 * A program that records every execution of a program, in the assembler: what `ts-ebpf trace exec` was before kernel
 * programs could be written in TypeScript.
 *
 * It runs on the raw tracepoint sched_process_exec, when the new program is in place and before its first instruction. The
 * record is built in memory of the CPU's own and copied to the ring buffer with its real length; what finds no room is
 * counted. Nothing here knows a kernel: where its structs keep things is handed in.
 * @module
 */
import { lossCounter, perCpuArrayMap, rawTracepoint, ringbuf } from "ts-ebpf";
import type { KeyedMapSpec, ProgramSpec, RingbufSpec } from "ts-ebpf";
import {
  add,
  assemble,
  at,
  call,
  countElement,
  div,
  exit,
  fieldAddress,
  fieldAt,
  jeq,
  jle,
  jsge,
  ldx,
  loadFrom,
  lookupElement,
  mov,
  probeReadKernel,
  r0,
  r1,
  r2,
  r3,
  r6,
  r7,
  r8,
  r9,
  skip,
  stackFrame,
  storeField,
  storeTo,
  sub,
  type Item,
  type SizedPlace,
} from "ts-ebpf/asm";
import { bytes, u32, type Infer } from "ts-ebpf/layout";
import type { ExecFields } from "./exec-fields.ts";
import { execFilter, type ExecFilters } from "./exec-filter.ts";
import { argumentBytesMax, ExecHead, fileBytesMax, recordBytesMax } from "./exec-record.ts";
import { readKernel } from "./kernel-read.ts";

/** What {@link execTracer} makes: a collection. */
export type ExecTracerSpec = {
  readonly events: RingbufSpec<Infer<typeof ExecHead>>;
  readonly scratch: KeyedMapSpec<"percpu_array", number, Uint8Array>;
  readonly onExec: ProgramSpec<{ readonly kind: "raw_tracepoint"; readonly name: string }>;
};

/** What there is to choose. */
export interface ExecTracerOptions {
  readonly fields: ExecFields;
  readonly filters: ExecFilters;
  /** Size of the ring buffer, a power of two. */
  readonly ringBytes: number;
}

/** The maps and the program that trace executions. Minimum kernel 5.8. */
export function execTracer({ fields, filters, ringBytes }: ExecTracerOptions): ExecTracerSpec {
  const lost = lossCounter("exec_lost");
  const events = ringbuf("exec_events", ExecHead, { sizeBytes: ringBytes, lossCounter: lost });
  const scratch = perCpuArrayMap("exec_scratch", bytes(recordBytesMax), 1);
  const stack = stackFrame();
  const key = stack.slot(u32);
  const frame: Frame = { fields, slot: stack.bytes(8), other: stack.bytes(8) };
  const instructions = assemble(
    ldx("u64", r6, r1, contextOffset.task),
    ldx("u64", r7, r1, contextOffset.bprm),
    execFilter(filters, { fields, stack }),
    storeTo(key, 0),
    lookupElement({ map: scratch, key }),
    mov(r8, r0),
    recordHead(frame),
    recordFile(frame),
    recordArguments(frame),
    call("ringbuf_output", events, r8, r9, 0),
    skip((over) => jeq(r0, 0, over), countElement({ map: lost, key })),
    mov(r0, 0),
    exit(),
  );
  const onExec = rawTracepoint("sched_process_exec", instructions, { name: "trace_exec" });
  return { events, scratch, onExec };
}

/** Arguments of the tracepoint (task, old_pid, bprm), include/trace/events/sched.h. */
const contextOffset = { task: 0, bprm: 16 } as const;

/** What the parts of the program work with. In all of them r6 is the task, r8 the record, r9 its length so far. */
interface Frame {
  readonly fields: ExecFields;
  /** Eight bytes of stack each. */
  readonly slot: SizedPlace;
  readonly other: SizedPlace;
}

/** Who, when: what has a fixed length. */
function recordHead({ fields, slot }: Frame): Item {
  const { tgid, realParent } = fields;
  return [
    call("ktime_get_ns"),
    div(r0, 1000),
    storeField(r8, ExecHead, "timeUs", r0),
    readKernel(r1, { base: r6, field: tgid, slot }),
    storeField(r8, ExecHead, "pid", r1),
    readKernel(r1, { base: r6, field: realParent, slot }),
    readKernel(r1, { base: r1, field: tgid, slot }),
    storeField(r8, ExecHead, "ppid", r1),
    call("get_current_uid_gid"),
    storeField(r8, ExecHead, "uid", r0),
    fieldAddress(r1, r8, ExecHead, "command"),
    mov(r2, ExecHead.fields.command.layout.size),
    call("get_current_comm"),
  ];
}

/** The path, behind the head; r7 is the bprm. A path that cannot be read is left out. */
function recordFile({ fields, slot }: Frame): Item {
  return [
    readKernel(r3, { base: r7, field: fields.filename, slot }),
    call("probe_read_kernel_str", at(r8, ExecHead.size), fileBytesMax, r3),
    skip((over) => jsge(r0, 0, over), mov(r0, 0)),
    mov(r9, r0),
    atMost(r9, fileBytesMax),
    storeField(r8, ExecHead, "fileBytes", r9),
    add(r9, ExecHead.size),
  ];
}

/** The arguments, behind the path, as they lie in the new program's memory. Overwrites r7. */
function recordArguments({ fields, slot, other }: Frame): Item {
  return [
    readKernel(r7, { base: r6, field: fields.mm, slot }),
    probeReadKernel(other, fieldAt(r7, fields.argEnd)),
    readKernel(r3, { base: r7, field: fields.argStart, slot }),
    loadFrom(r7, other),
    sub(r7, r3),
    storeField(r8, ExecHead, "argumentBytesGiven", r7),
    atMost(r7, argumentBytesMax),
    mov(r1, r8),
    add(r1, r9),
    mov(r2, r7),
    call("probe_read_user"),
    skip((over) => jeq(r0, 0, over), mov(r7, 0)),
    storeField(r8, ExecHead, "argumentBytes", r7),
    add(r9, r7),
  ];
}

/** Limits the register, which the verifier then knows too. */
function atMost(register: typeof r7 | typeof r9, limit: number): Item {
  return skip((over) => jle(register, limit, over), mov(register, limit));
}
