/**
 * A BTF with a type of every kind, for tests: a few types as a kernel has them, small enough to know by heart.
 *
 * Types with names are found by name; the ids of those without come along.
 * @module
 */
import { BtfBuilder } from "./testing-builder.ts";

/** Ids of the types in the sample that have no name of their own. */
export interface SampleIds {
  /** `char [16]` */
  readonly comm: number;
  /** `struct load [2]` */
  readonly loads: number;
  /** `const struct list_head` */
  readonly constList: number;
  /** The struct in the union in `struct task`. */
  readonly inner: number;
  /** The union in `struct task`. */
  readonly choice: number;
  /** `struct task *` */
  readonly taskPtr: number;
  /** `void *` */
  readonly voidPtr: number;
}

/** A builder that holds the sample, and the ids of its types. */
export function sampleBtf(): { builder: BtfBuilder; ids: SampleIds } {
  const builder = new BtfBuilder();
  addScalars(builder);
  const ids = addTask(builder);
  addEnums(builder);
  addFunctions(builder, ids);
  addTracepoint(builder, ids);
  return { builder, ids };
}

/** Ids that the other parts refer to: scalars come first. */
const scalar = { int: 1, char: 2, unsigned: 3, long: 4, unsignedLong: 5, u64: 6 } as const;

function addScalars(builder: BtfBuilder): void {
  builder.int("int", 4, 1);
  builder.int("char", 1);
  builder.int("unsigned int", 4);
  builder.int("long int", 8, 1);
  builder.int("unsigned long", 8);
  builder.reference("typedef", scalar.unsignedLong, "u64");
  builder.int("_Bool", 1, 4);
  builder.int("letter", 1, 2);
  builder.raw("double", [0x1000_0000, 8]);
}

/**
 * ```c
 * struct list_head { struct list_head *next, *prev; };
 * struct load { u64 sum; long avg; };
 * struct task {
 *   int pid;                       // 0
 *   unsigned int on_cpu : 1;       // 4, bit 32
 *   unsigned int policy : 3;       //    bit 33
 *   char comm[16];                 // 8
 *   struct load load[2];           // 24
 *   union {                        // 56
 *     struct task *parent;
 *     struct { int a; int b; };
 *   };
 *   const struct list_head list;   // 64
 *   u64 tail[];                    // 80
 * };
 * ```
 */
function addTask(builder: BtfBuilder): SampleIds {
  const comm = builder.array(scalar.char, 16);
  const listHead = builder.nextId;
  builder.struct("list_head", 16, [
    ["next", listHead + 1, 0],
    ["prev", listHead + 1, 64],
  ]);
  builder.ptr(listHead);
  const load = builder.struct("load", 16, [
    ["sum", scalar.u64, 0],
    ["avg", scalar.long, 64],
  ]);
  const loads = builder.array(load, 2);
  const constList = builder.reference("const", listHead);
  const tail = builder.array(scalar.u64, 0);
  const inner = builder.struct("", 8, [
    ["a", scalar.int, 0],
    ["b", scalar.int, 32],
  ]);
  const taskPtr = builder.ptr(builder.nextId + 2);
  const choice = builder.union("", 8, [
    ["parent", taskPtr, 0],
    ["", inner, 0],
  ]);
  builder.struct("task", 80, [
    ["pid", scalar.int, 0],
    ["on_cpu", scalar.unsigned, 32, 1],
    ["policy", scalar.unsigned, 33, 3],
    ["comm", comm, 64],
    ["load", loads, 192],
    ["", choice, 448],
    ["list", constList, 512],
    ["tail", tail, 640],
  ]);
  return { comm, loads, constList, inner, choice, taskPtr, voidPtr: builder.ptr(0) };
}

/** `RUNNING` is in two enums that differ in its value, `IDLE` in two that agree. */
function addEnums(builder: BtfBuilder): void {
  builder.enum("state", { RUNNING: 0, IDLE: 3, STOPPED: 0xffff_ffff });
  builder.enum("signed_state", { UP: 1, DOWN: 0xffff_ffff }, 1);
  builder.enum64("wide", { WIDE_ONE: 1n, WIDE_TOP: 1n << 63n });
  builder.enum64("signed_wide", { WIDE_LOW: -(1n << 40n) }, 1);
  builder.enum("", { RUNNING: 7, IDLE: 3 });
}

function addFunctions(builder: BtfBuilder, { taskPtr }: SampleIds): void {
  builder.reference("fwd", 0, "hidden");
  builder.reference("fwd", 0, "hidden_union", 1);
  const proto = builder.proto(scalar.int, [
    ["task", taskPtr],
    ["flags", scalar.u64],
    ["", 0],
  ]);
  const wake = builder.func("wake", proto, 1);
  builder.declTag("kfunc", wake);
  builder.declTag("counted", taskPtr + 2, 3, 1);
  const counter = builder.variable("counter", scalar.u64, 1);
  builder.datasec([".data", 8], [[counter, 0, 8]]);
  builder.reference("volatile", scalar.int);
  builder.reference("restrict", taskPtr);
  const user = builder.reference("type_tag", taskPtr + 2, "user");
  builder.reference("typedef", builder.ptr(user), "user_task");
  builder.reference("type_tag", scalar.int, "noderef", 1);
}

function addTracepoint(builder: BtfBuilder, { taskPtr, voidPtr }: SampleIds): void {
  const bare = builder.proto(0, [
    ["", voidPtr],
    ["", taskPtr],
    ["", scalar.int],
  ]);
  builder.reference("typedef", builder.ptr(bare), "btf_trace_task_wake");
  const named = builder.proto(scalar.int, [
    ["__data", voidPtr],
    ["p", taskPtr],
    ["cpu", scalar.int],
  ]);
  builder.func("__traceiter_task_wake", named);
}
