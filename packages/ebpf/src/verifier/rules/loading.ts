/**
 * Rejections before any instruction is looked at: what is loaded with a program, and where it is to be attached.
 * @module
 */
import { oneOf } from "../one-of.ts";
import type { Rule } from "../rule.ts";

/** Rules for what is loaded with the instructions. */
export const loadingRules = (): readonly Rule[] => [
  {
    id: "sleepable-not-for-type",
    pattern: /programs can be sleepable|[Pp]rogram of this type cannot be sleepable/,
    cause: "programs of this type may not sleep",
    typescript: 'leave the flag "sleepable" out, or use LSM, fentry, fexit or an iterator',
    c: "use the section that does not sleep, or LSM, fentry, fexit or an iterator",
    assembler: 'leave the flag "sleepable" out, or use LSM, fentry, fexit or an iterator',
  },
  {
    id: "must-be-sleepable",
    pattern: /(?:Syscall|\w+) programs can only be sleepable/,
    cause: "programs of this type always may sleep, and must say so",
    typescript: 'give the program flags: ["sleepable"]',
    c: 'use the sleepable section: SEC("….s/…")',
    assembler: 'give the program flags: ["sleepable"]',
  },
  {
    id: "attach-target-missing",
    pattern: /Tracing programs must provide btf_id|must provide btf_id/,
    cause:
      "this type of program must name the kernel function or tracepoint that it is for when it is loaded",
    typescript: "use tpBtf(…), fentry(…) or lsm(…), which look the target up",
    c: 'name the target in the section: SEC("fentry/name")',
    assembler: "use tpBtf(…), fentry(…) or lsm(…), which look the target up",
  },
  {
    id: "attach-target-invalid",
    pattern: oneOf(
      /attach_btf_id (?<id>\d+) (?:is not a|doesn't)/,
      /FENTRY\/FEXIT program can only be attached/,
      /func '?(?<function>\S+?)'? is not an? (?<what>.+)/,
      /points to wrong type name/,
      /doesn't exist/,
    ),
    cause:
      "the BTF id that says where the program belongs does not stand for what this type can attach to",
    typescript: "check the name of the target, and that the program's type fits it",
    c: "check the name of the target, and that the section's type fits it",
    assembler:
      "take the id from the running kernel's BTF; check that the program's type fits the target",
  },
  {
    id: "function-info-invalid",
    pattern:
      /invalid type id (?<id>\d+) in func info|(?:func|line)_info|func info|Invalid line_info/i,
    cause:
      "the table that describes the program's functions or lines does not fit its instructions or BTF",
    typescript: "this is a mistake of the compiler: please report it with the program",
    c: "compile with -g, and load the object unchanged",
    assembler:
      "correct the program's functions: one for each, the first at instruction 0, in order",
  },
];
