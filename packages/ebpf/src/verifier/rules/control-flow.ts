/**
 * Rejections of the shape of a program: loops, size, jumps, instructions that do not exist.
 * @module
 */
import { oneOf } from "../one-of.ts";
import type { Rule } from "../rule.ts";

/** Rules for control flow and form. */
export const controlFlowRules = (): readonly Rule[] => [
  {
    id: "infinite-loop",
    pattern: /infinite loop detected at insn (?<slot>\d+)/,
    cause:
      "the loop comes back to instruction {slot} with nothing changed that the kernel can see, so " +
      "it may never end",
    typescript:
      "give the loop a bound: for (const i of range(n)), or for (let i = 0; i < 100; i++)",
    c: "give the loop a bound: for (int i = 0; i < 100; i++), or use bpf_for or bpf_loop",
    assembler: "count in a register with a constant limit, such as add(r6, 1), jlt(r6, 100, …)",
  },
  {
    id: "back-edge",
    pattern: /back-edge from insn (?<from>\d+) to (?<to>\d+)/,
    cause:
      "the program jumps back, or one of its functions calls itself; there are no loops in programs " +
      "without privileges and before Linux 5.3, and recursion is nowhere",
    typescript:
      "write recursion as a loop; where there are none, unroll it: for (const i of unrolled(4))",
    c: "write recursion as a loop; where there are none, unroll it (#pragma unroll), or load it with CAP_BPF",
    assembler:
      "write recursion as a loop; where there are none, write it out, or load it with CAP_BPF on " +
      "Linux 5.3 or later",
  },
  {
    id: "too-many-instructions",
    pattern: /BPF program is too large\. Processed (?<count>\d+) insn/,
    cause:
      "the kernel gave up after following {count} instructions: loops are followed round by round, " +
      "and branches double the ways",
    typescript:
      "use range(…) or loop(n, fn), which are verified once instead of every round; make the loop " +
      "shorter; check less inside it",
    c: "use bpf_loop or bpf_for, which are verified once instead of every round; make parts global functions",
    assembler:
      "use bpf_loop or an iterator (bpf_iter_num) instead of a counted loop; have fewer branches inside it",
  },
  {
    id: "too-many-branches",
    pattern: /The sequence of (?<count>\d+) jumps is too complex/,
    cause: "{count} branches wait to be followed, more than the kernel keeps",
    typescript:
      "give loops a bound that is constant, such as range(Math.min(n, 64)), as each round waits too; look " +
      "a value up in a map instead of a long chain of comparisons",
    c: "give loops a constant bound, as each round waits too; look a value up in a map instead of a long chain of comparisons",
    assembler:
      "give loops a constant bound, as each round waits too; make chains of jumps shorter, or look " +
      "the value up in a map",
  },
  {
    id: "unreachable-code",
    pattern: /unreachable insn (?<slot>\d+)/,
    cause: "instruction {slot} can never be reached, which the kernel does not allow",
    typescript: "this is a mistake of the compiler: please report it with the program",
    assembler:
      "remove it, or jump to it; what stands behind exit() or ja(…) needs a label that something jumps to",
  },
  {
    id: "jump-out-of-range",
    pattern: oneOf(
      /jump out of range from insn (?<from>\d+) to (?<to>\d+)/,
      /jump (?:out of range|into the middle of ldimm64 insn)/,
      /BUG_ld_00/,
    ),
    cause:
      "a jump goes out of the program, into another of its functions, or into the middle of a wide load",
    typescript: "this is a mistake of the compiler: please report it with the program",
    assembler: "jump to labels instead of numbers; a wide load counts two",
  },
  {
    id: "falls-off-the-end",
    pattern: /last insn is not an exit or jmp/,
    cause: "the program, or one of its functions, goes on behind its last instruction",
    typescript: "this is a mistake of the compiler: please report it with the program",
    assembler: "end each function with exit() or a jump",
  },
  {
    id: "unknown-instruction",
    pattern: oneOf(
      /unknown opcode (?<opcode>[0-9a-f]+)/,
      /uses reserved fields/,
      /invalid bpf_ld_imm64 insn/,
      /unrecognized bpf_ld_imm64 insn/,
      /invalid BPF_\w+ (?:code|insn)/,
      /unknown insn class/,
    ),
    cause: "the kernel does not know an instruction, or a field of it that must be 0 is not",
    typescript:
      "compile for an older instruction set (isaVersion); this kernel lacks the instruction",
    c: "compile for an older instruction set (-mcpu=v2); this kernel lacks the instruction",
    assembler:
      "this kernel may be too old for the instruction; the functions of ts-ebpf/asm tell since " +
      "when there is one",
  },
];
