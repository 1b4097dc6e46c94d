/**
 * Rejections of access to a program's context, what r1 points to at its start.
 * @module
 */
import type { Rule } from "../rule.ts";

/** Rules for the context. */
export const contextRules = (): readonly Rule[] => [
  {
    id: "tracepoint-argument",
    pattern: /func '(?<function>[^']+)' doesn't have (?<index>\d+)-th argument/,
    cause: "{function} has fewer than {index} arguments on this kernel",
    typescript:
      "use the arguments that it has; the parameters of the function after tpBtf are in their order",
    c: "use the arguments that it has: BPF_PROG(name, first, second) in their order",
    assembler: "read 8 bytes at 8 times the index of an argument that it has",
  },
  {
    id: "context-access",
    pattern: /invalid bpf_context access off=(?<offset>-?\d+) size=(?<length>\d+)/,
    cause:
      "the context of this type of program has no field of {bytes} at offset {offset}, or it may " +
      "not be accessed in this way",
    typescript:
      "read the fields of ctx by name; most of them are read-only, and some are not for every type",
    c: "read the fields of the context's struct by name; most are read-only, and some are not for every type of program",
    assembler:
      "check offset and size against the context's struct; most fields are read-only, and need " +
      "their full size",
  },
  {
    id: "context-constant-store",
    pattern: /BPF_ST stores into (?<register>R\d+) ctx is not allowed/,
    cause:
      "a constant is stored into the context, which kernels before 6.4 only take out of registers",
    typescript: "this is a mistake of the compiler: please report it with the program",
    c: "compile for an older instruction set (-mcpu=v3), or assign a variable that clang does not see through",
    assembler: "put the constant into a register with mov, and store that with stx",
  },
  {
    id: "context-modified",
    pattern: /dereference of modified ctx ptr (?<register>R\d+) off=(?<offset>-?\d+) disallowed/,
    cause: "{register} is the context with {offset} added to it; it can only be used as it was",
    typescript: "pass ctx itself",
    c: "pass ctx itself",
    assembler: "keep r1 of the start in r6, and put offsets into the loads",
  },
  {
    id: "context-variable-offset",
    pattern: /variable ctx access var_off=\S+ ?\S* disallowed/,
    cause: "the context is accessed at an offset that is only known at run time",
    typescript: "use the fields of ctx by name",
    c: "use the fields of ctx by name; compare the index and read one in each case",
    assembler: "use constant offsets; compare the index and use one load for each case",
  },
];
