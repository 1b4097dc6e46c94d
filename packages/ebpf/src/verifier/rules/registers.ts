/**
 * Rejections of what is done with registers: reading them too early, arithmetic on pointers, the value that is returned.
 * @module
 */
import { oneOf } from "../one-of.ts";
import type { Rule } from "../rule.ts";

/** Rules for registers. */
export const registerRules = (): readonly Rule[] => [
  {
    id: "result-not-set",
    pattern: /(?<register>R0) !read_ok/,
    when: ({ instruction }) => instruction === "exit",
    cause: "the program (or a function of it) ends without a value in r0, which is what it returns",
    typescript: "return a value on every path",
    c: "return a value on every path",
    assembler: "set r0 on every path that leads to exit(): mov(r0, 0)",
  },
  {
    id: "register-uninitialised",
    pattern: /(?<register>R\d+) !read_ok/,
    cause:
      "{register} is read without having a value: it was never set on this path, or a call came " +
      "between, which clears r1 to r5",
    typescript: "this is a mistake of the compiler: please report it with the program",
    c: "give the variable a value on every path that leads here",
    assembler:
      "set {register} on every path that leads here; keep what must survive calls in r6 to r9",
  },
  {
    id: "frame-pointer-write",
    pattern: /frame pointer is read only/,
    cause: "r10 is written, which holds the top of the stack",
    typescript: "this is a mistake of the compiler: please report it with the program",
    assembler: "copy r10 to another register and change that",
  },
  {
    id: "pointer-operator",
    pattern:
      /(?<register>R\d+) (?:pointer arithmetic with|bitwise operator) (?<operator>\S+) (?:operator|on pointer) prohibited/,
    cause:
      "{operator} is applied to {register}, which is a pointer; to pointers one can only add and subtract",
    typescript: "compute with a number and use it as an index afterwards",
    c: "compute with a number and use it as an index afterwards",
    assembler: "compute the offset in another register, then add it to the pointer",
  },
  {
    id: "pointer-subtracted",
    pattern: /(?<register>R\d+) tried to subtract pointer from scalar/,
    cause: "a pointer is subtracted from a number",
    typescript: "subtract numbers only",
    c: "subtract numbers only",
    assembler: "subtract the number from the pointer, not the other way round",
  },
  {
    id: "pointer-32-bit",
    pattern: /(?<register>R\d+) 32-bit pointer arithmetic prohibited/,
    cause: "a 32-bit operation would cut the pointer in {register} in half",
    typescript: "do not convert it with u32(…)",
    c: "keep the pointer in 64 bits: no cast to int or __u32",
    assembler: "use the 64-bit form (add instead of add32)",
  },
  {
    id: "pointer-plus-pointer",
    pattern: /(?<register>R\d+) pointer (?<operator>\S+) pointer prohibited/,
    cause: "two pointers are added to one another in {register}",
    typescript: "add numbers only",
    c: "add numbers only",
    assembler: "add the offset, a number, and not the other pointer",
  },
  {
    id: "pointer-arithmetic-kind",
    pattern: /(?<register>R\d+) pointer arithmetic on (?<type>\w+) prohibited/,
    cause: "{register} holds {holds}, to which no number can be added",
    typescript: "use the value as it is",
    c: "use the value as it is, with the fields of its struct",
    assembler: "use the pointer as it is, with offsets in loads where it allows them",
  },
  {
    id: "pointer-leak",
    pattern: oneOf(
      /(?<register>R\d+) leaks addr(?:ess)?(?: \w+)?/,
      /leaking pointer/,
      /(?<other>R\d+) pointer comparison prohibited/,
    ),
    cause:
      "an address of the kernel would become visible, which programs may only do with CAP_PERFMON",
    typescript: "store a number instead of the reference; or load it with CAP_PERFMON",
    assembler:
      "store or return a number instead of a pointer; or load the program with CAP_PERFMON",
  },
  {
    id: "pointer-arithmetic-unprivileged",
    pattern: /prohibited for !root/,
    cause:
      "arithmetic on a pointer that is only allowed with CAP_PERFMON, as it could be used to guess " +
      "memory by speculation",
    typescript: "load it with CAP_PERFMON, or use constant indices",
    assembler: "load it with CAP_PERFMON, or use constant offsets and numbers with known signs",
  },
  {
    id: "return-not-number",
    pattern: oneOf(
      /At (?:program exit|callback return) the register R0 is not a known value \((?<type>\w+)\)/,
      /R0 not a scalar value/,
    ),
    cause: "what is returned is not a number: r0 was not set, or holds an address",
    typescript: "return a number on every path",
    c: "return a number on every path",
    assembler: "put a number into r0 before exit()",
  },
  {
    id: "return-range",
    pattern:
      /At program exit the register R0 has (?<values>.{1,90}) should have been in (?<range>.{1,60})/,
    cause: "the program returns {values}, but where it belongs only {range} has a meaning",
    typescript: "return one of the values of this type of program, on every path",
    c: "return a value from {range} on every path",
    assembler:
      "put a value from {range} into r0 before exit(); mask it with and(…) when it is computed",
  },
  {
    id: "callback-return-range",
    pattern:
      /At callback return the register R0 has (?<values>.{1,90}) should have been in (?<range>.{1,60})/,
    cause: "the callback returns {values}, but only {range} has a meaning there",
    typescript: "return 0 to go on, or 1 to stop",
    c: "return 0 to go on, or 1 to stop",
    assembler: "put 0 (go on) or 1 (stop) into r0 before the callback's exit()",
  },
  {
    id: "division-by-zero",
    pattern: /div by zero/,
    cause: "a number is divided by the constant 0",
    typescript: "divide by something else; a variable that happens to be 0 gives 0",
    c: "divide by something else; a variable that is 0 gives 0",
    assembler:
      "divide by another constant; a register that is 0 gives 0 for div, and the number for mod",
  },
  {
    id: "shift-range",
    pattern: /invalid shift (?<count>-?\d+)/,
    cause: "a value is shifted by {count} bits, which is as many as it has, or more",
    typescript: "shift by less than the width of the value",
    c: "shift by less than the width of the value",
    assembler: "shift by 0 to 63 (0 to 31 in the 32-bit forms)",
  },
];
