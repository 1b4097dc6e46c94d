/**
 * Rejections of the use of the stack.
 * @module
 */
import { oneOf } from "../one-of.ts";
import type { Rule } from "../rule.ts";

/** Rules for the stack. */
export const stackRules = (): readonly Rule[] => [
  {
    id: "stack-uninitialised",
    // with `off=` the message is that of access outside of the stack; inside of it, it means bytes not written
    pattern: oneOf(
      /invalid (?:indirect )?read from stack (?:R\d+ )?off=(?<offset>-\d+) size=(?<length>\d+)/,
      /invalid (?:indirect )?read from stack (?:R\d+ )?(?:off )?-?\d+\+\d+ size \d+/,
    ),
    when: ({ groups: { offset, length } }) =>
      offset === undefined || (Number(offset) >= -512 && Number(offset) + Number(length) <= 0),
    cause:
      "bytes of the stack are read that the program never wrote; that takes CAP_PERFMON, and Linux " +
      "6.3 or later",
    typescript:
      "give all fields a value when the variable is made: Key({ … }) sets what is missing to zero",
    c: "set all bytes first, the gaps between fields too: __builtin_memset(&key, 0, sizeof(key))",
    assembler: "store to all bytes first, the gaps between fields too: zero(stack.slot(…))",
  },
  {
    id: "stack-bounds",
    pattern:
      /invalid (?:indirect )?(?:read|write|access) (?:from|to) stack(?: R\d+)? off=(?<offset>-?\d+) size=(?<length>\d+)/,
    cause:
      "{bytes} are accessed at offset {offset} from the top of the stack, which has bytes -512 to " +
      "0 (excluded) only",
    typescript: "keep large data in a map (a per-CPU array with one element) instead of a variable",
    c: "keep the index inside the array, and large data in a map (a per-CPU array with one element)",
    assembler:
      "use offsets from -512 up, such that offset plus size is not above 0; keep large data in a map",
  },
  {
    id: "stack-variable-offset",
    pattern:
      /(?:unbounded variable-offset (?:indirect )?\w+ (?:from|to)|variable offset|variable-offset) stack(?: \w+)?/,
    cause:
      "the stack is accessed at an offset that is not known when the program is loaded, and has no limits",
    typescript:
      "mask the index (i & 7) so that it stays inside the array, or keep the array in a map",
    c: "mask the index (i &= 7) so that it stays inside the array, or keep the array in a map",
    assembler:
      "mask the offset with and(…) before adding it to a stack address, or use a map's value",
  },
  {
    id: "stack-partial-fill",
    pattern: /invalid size of register fill|corrupted spill memory/,
    cause: "a pointer was stored on the stack and is read back in part",
    typescript: "this is a mistake of the compiler: please report it with the program",
    assembler: "read a stored pointer with all its 8 bytes (u64), from where it was stored",
  },
  {
    id: "stack-combined",
    pattern: /combined stack size of (?<calls>\d+) calls is (?<size>\d+)\. Too large/,
    cause:
      "{calls} functions that call each other need {size} bytes of stack; all of them together " +
      "have 512 (256 with tail calls)",
    typescript: "move large variables of these functions into a map, or call less deep",
    c: "move large variables of these functions into a map, or call less deep",
    assembler: "use less stack in the functions, or keep large data in a map's value",
  },
  {
    id: "call-depth",
    pattern: /the call stack of \d+ frames is too deep|recursive call from \S* to /,
    cause:
      "functions call each other more than 8 deep; recursion counts too, as it has no end to the kernel",
    typescript: "call less deep; write recursion as a loop, for example for (const i of range(n))",
    assembler: "call less deep; write recursion as a loop",
  },
];
