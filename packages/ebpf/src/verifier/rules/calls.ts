/**
 * Rejections of calls: helpers and kernel functions that are not there or not allowed, and wrong arguments.
 * @module
 */
import { findHelper } from "../../helper/helper-signature.ts";
import { oneOf } from "../one-of.ts";
import type { Rule } from "../rule.ts";

/** Rules for calls. */
export const callRules = (): readonly Rule[] => [
  {
    id: "kernel-lacks",
    // What libbpf and this library put in the place of instructions: 0xbad2310, and 2,001,000,000 up for weak functions.
    pattern: /invalid func unknown#(?:195896080|200[12]\d{6})\b/,
    cause: "{lacks}; so the instruction became a call that is refused where it can be reached",
    typescript: "ask with exists(…) first, and go there only where it is true",
    c: "ask first, and go there only where it is there: bpf_core_field_exists(…) and its like; of weak functions the address",
    assembler:
      "ask first, and go there only where it is there: bpf_core_field_exists and its like in C; of weak functions the address",
  },
  {
    id: "helper-unknown",
    pattern: /invalid func (?<helper>\S+)/,
    cause: "this kernel has no helper {helper}",
    typescript:
      "use another helper, or run on a later kernel; ts-ebpf doctor tells what this one has",
    assembler:
      "use another helper, or run on a later kernel; ts-ebpf doctor tells what this one has",
  },
  {
    id: "sleepable-helper",
    // Before 6.2 such helpers are only there for programs that may sleep.
    pattern: oneOf(
      /might sleep in a non-sleepable prog|must be sleepable to call sleepable/,
      /sleepable (?:helper|kfunc) \S+ in non-sleepable prog/,
      /(?:program of this type cannot use helper|unknown func) (?<sleeping>\w+)/,
    ),
    when: ({ groups: { sleeping } }) =>
      sleeping === undefined || findHelper(sleeping)?.mightSleep === true,
    cause: "the helper may sleep, and the program runs where sleeping is not allowed",
    typescript:
      "use the form that does not sleep (bpf.probeReadUser instead of bpf.copyFromUser), or a " +
      'sleepable program (LSM, fentry) with the flag "sleepable"',
    c: 'use the form that does not sleep, such as bpf_probe_read_user, or a sleepable section: SEC("fentry.s/…")',
    assembler:
      "use the form that does not sleep (probe_read_user instead of copy_from_user), or load a " +
      'type that may sleep with the flag "sleepable"',
  },
  {
    id: "helper-not-for-type",
    pattern: /(?:program of this type cannot use helper|unknown func) (?<helper>\w+)/,
    cause:
      "programs of this type may not call the helper {helper}, or this kernel does not have it",
    typescript: "use another helper, or another type of program for this part",
    assembler: "use another helper, or another type of program for this part",
  },
  {
    id: "helper-needs-gpl",
    pattern: /cannot call GPL-restricted function/,
    cause: "the helper is only for programs under the GPL, and this one declares another licence",
    typescript: 'give the program license: "GPL", if that is what it is under',
    c: 'declare the licence, if that is what it is under: char LICENSE[] SEC("license") = "GPL";',
    assembler: 'give the program license: "GPL", if that is what it is under',
  },
  {
    id: "kfunc-needs-gpl",
    pattern: /cannot call kernel function from non-GPL compatible program/,
    cause:
      "functions of the kernel are only for programs under the GPL, and this one declares another licence",
    typescript: 'give the program license: "GPL", if that is what it is under',
    c: 'declare the licence, if that is what it is under: char LICENSE[] SEC("license") = "GPL";',
    assembler: 'give the program license: "GPL", if that is what it is under',
  },
  {
    id: "kfunc-not-allowed",
    pattern: /calling kernel function (?<kfunc>\S+) is not allowed/,
    cause: "the kernel's function {kfunc} is not open to programs, or not to this type of program",
    typescript: "use a kfunc or helper that this type of program may call",
    assembler: "use a kfunc or helper that this type of program may call",
  },
  {
    id: "kfunc-not-a-function",
    pattern:
      /kernel btf_id (?<id>\d+) is not a function|kernel function btf_id|invalid kernel function/,
    cause: "the call names a BTF id that is not a function of this kernel",
    typescript: "name the function (kfunc.bpf_…), so that it is looked up in the running kernel",
    c: "declare it extern … __ksym and load the object with its BTF, so that it is looked up by name",
    assembler: "name the function instead of its number; numbers differ from kernel to kernel",
  },
  {
    id: "argument-not-callback",
    pattern: /(?<register>R\d+) type=(?<type>\S+) expected=func\b/,
    cause: "{argument} of the call must be a function of the program, and is {holds}",
    typescript: 'pass a function that says "use bpf"',
    c: "pass the name of a static function of the same file",
    assembler: "load the address of the callback's label with loadFunction",
  },
  {
    id: "argument-not-map",
    pattern: /(?<register>R\d+) type=(?<type>\S+) expected=map_ptr/,
    cause: "{argument} of the call must be a map, and is {holds}",
    typescript: "call the method of the map instead of the helper",
    c: "pass the address of the map: &map",
    assembler: "load the map with loadMap({register}, …)",
  },
  {
    id: "release-wrong-record",
    // `alloc_mem` before 6.2, `mem` before 5.18.
    pattern: /(?<register>R\d+) type=(?<type>\S+) expected=(?:ringbuf_mem|(?:alloc_)?mem$)/,
    cause:
      "{argument} of the call must be a record that was reserved and is still open, and is " +
      "{holds}: never reserved, or submitted or discarded before",
    typescript: "submit or discard each reserved record once",
    c: "submit or discard what bpf_ringbuf_reserve returned, once on each path",
    assembler: "pass what ringbuf_reserve returned, once, on each path",
  },
  {
    id: "argument-may-be-null",
    pattern: oneOf(
      /(?<register>R\d+) type=(?<type>\w+_or_null\w*) expected=(?<expected>.+)/,
      /Possibly NULL pointer passed to (?:trusted|helper) (?<other>\w+)/,
    ),
    cause:
      "{argument} of the call may be nothing (null), and the kernel's function does not take that",
    typescript: "check it before the call: if (!{variable}) return",
    c: "check it before the call: if (!{variable}) return 0;",
    assembler: "jump away when it is 0 before the call: jeq(…, 0, …)",
  },
  {
    id: "argument-type",
    pattern: /(?<register>R\d+) type=(?<type>\S+) expected=(?<expected>.+)/,
    cause: "{argument} of the call is {holds}, but must be one of: {expected}",
    typescript:
      "pass what the helper asks for; buffers must be variables, fields, or values of maps",
    c: "pass what the helper asks for: buffers on the stack or in map values, the ctx as it came",
    assembler:
      "put a pointer of the right kind into {register}: fp is the stack (r10 minus something), ctx " +
      "what r1 was at the start",
  },
  {
    id: "kfunc-argument",
    pattern: /arg#(?<index>\d+) (?:pointer type|doesn't point to|expected|is not|must)/,
    cause:
      "argument {index} (counted from 0) of the kernel's function is not of the type that it takes",
    typescript:
      "pass an object of that type, as an acquiring function or a typed argument (tpBtf) gives it",
    c: "pass a pointer that an acquiring kfunc or a typed argument (tp_btf, fentry) gave; a number is none",
    assembler: "pass a pointer of the type in the kernel's BTF; a number is none",
  },
  {
    id: "function-argument",
    pattern: oneOf(
      /Caller passes invalid args into func#\d+ \('(?<function>[^']+)'\)/,
      /(?<register>R\d+) is not a scalar$/,
    ),
    cause: "a function of the program is called with an argument that does not fit its declaration",
    typescript: "pass what the function's parameters say",
    c: "pass what the parameters of the global function say, or make it static",
    assembler:
      "pass numbers where BTF says numbers, or make the function static, which takes anything",
  },
  {
    id: "function-result",
    pattern: /Global function (?<function>\w+)\(\) doesn't return scalar/,
    cause: "{function} is a global function and returns no number",
    typescript: "return a number from it",
    c: "return a number from the global function, or make it static",
    assembler: "declare a result in its BTF, or make the function static",
  },
  {
    id: "map-not-for-helper",
    pattern: /cannot pass map_type (?<type>\d+) into func (?<helper>\w+)/,
    cause: "{helper} does not work on maps of this type",
    typescript: "use the methods that this type of map has",
    assembler: "use the helper that is made for this type of map, or another type of map",
  },
  {
    id: "tail-call-map",
    pattern: oneOf(
      /expected prog array map for tail call/,
      /(?<unnamed>kernel subsystem misconfigured verifier)/,
    ),
    when: ({ groups: { unnamed }, instruction }) =>
      unnamed === undefined || instruction?.includes("tail_call") === true,
    cause: "a tail call goes through a map that is not an array of programs",
    typescript: "use progArray(…).tailCall(ctx, index)",
    c: "give bpf_tail_call a map of type BPF_MAP_TYPE_PROG_ARRAY",
    assembler: 'give r2 a map of type "prog_array"',
  },
  {
    id: "size-may-be-zero",
    pattern: /(?:(?<register>R\d+) )?invalid zero-sized read/,
    cause: "{argument} of the call is a size that may be 0, which the helper does not take",
    typescript: "check the size first: if (n === 0) return",
    c: "check the size first: if (size == 0) return 0;",
    assembler: "jump away when the size is 0 before the call",
  },
  {
    id: "size-may-be-negative",
    pattern: /(?<register>R\d+) min value is negative, either use unsigned or 'var &= const'/,
    cause: "the size in {register} may be negative, or is not bounded at all",
    typescript: "bound the size before the call: mask it (n & 255), or check it as u32",
    c: "make the size unsigned and bound it before the call: if (size > MAX) return 0;, or size &= MAX - 1",
    assembler: "bound {register} with and(…) or an unsigned comparison (jgt) before the call",
  },
  {
    id: "size-unbounded",
    pattern:
      /(?<register>R\d+) unbounded memory access, use 'var &= const' or 'if \(var < const\)'/,
    cause: "the size in {register} has no upper limit",
    typescript: "bound the size before the call: mask it (n & 255), or if (n > 256) return",
    c: "bound the size before the call: if (size > MAX) return 0;, or size &= MAX - 1 when MAX is a power of two",
    assembler: "bound {register} with and(…) or jgt(…) before the call",
  },
  {
    id: "size-not-constant",
    pattern: /(?<register>R\d+) (?:is not a known constant|unbounded size, use)/,
    cause: "{argument} of the call must be a number known when the program is loaded",
    typescript:
      "reserve records of a fixed size; for sizes that vary use output(value) or a dynptr",
    c: "give a size that is constant; for sizes that vary use bpf_ringbuf_output or a dynptr",
    assembler: "put a constant into {register} with mov",
  },
  {
    id: "function-info-missing",
    pattern: /missing btf func_info|(?:callback|tail_call|kfunc).{0,40} without BTF/,
    cause:
      "callbacks, and tail calls from functions, need BTF that describes the program's functions",
    typescript: "this is a mistake of the compiler: please report it with the program",
    c: "compile with -g, so that the object describes its functions",
    assembler: "describe the functions in the program's spec (functions), from which BTF is made",
  },
];
