/**
 * Where the kernel keeps what is recorded of an execution; it differs from kernel to kernel.
 * @module
 */
import type { FieldPlace } from "ts-ebpf/asm";
import type { Btf } from "ts-ebpf/btf";

/** Members of the kernel's structs, by offset and size. */
export interface ExecFields {
  /** Of `struct task_struct`: id of the process. */
  readonly tgid: FieldPlace;
  /** Of `struct task_struct`: pointer to the parent's task. */
  readonly realParent: FieldPlace;
  /** Of `struct task_struct`: pointer to its memory. */
  readonly mm: FieldPlace;
  /** Of `struct mm_struct`: address of the first argument in the process. */
  readonly argStart: FieldPlace;
  /** Of `struct mm_struct`: address behind the last argument. */
  readonly argEnd: FieldPlace;
  /** Of `struct linux_binprm`: pointer to the path that was executed. */
  readonly filename: FieldPlace;
}

/** The fields in the kernel that `btf` describes. */
export function execFields(btf: Btf): ExecFields {
  return {
    tgid: btf.member("task_struct", "tgid"),
    realParent: btf.member("task_struct", "real_parent"),
    mm: btf.member("task_struct", "mm"),
    argStart: btf.member("mm_struct", "arg_start"),
    argEnd: btf.member("mm_struct", "arg_end"),
    filename: btf.member("linux_binprm", "filename"),
  };
}
