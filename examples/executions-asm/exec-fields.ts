/**
 * Where the kernel keeps what is recorded of an execution; it differs from kernel to kernel.
 * @module
 */
import type { FieldPlace } from "ts-ebpf/asm";
import type { Btf, BtfTypeId } from "ts-ebpf/btf";

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
  // Finding a struct by its name takes longer than all else, so each is looked for once.
  const [task, memory, binary] = ["task_struct", "mm_struct", "linux_binprm"].map(
    (name) => btf.typeByName(name, "struct").id,
  ) as [BtfTypeId, BtfTypeId, BtfTypeId];
  return {
    tgid: btf.member(task, "tgid"),
    realParent: btf.member(task, "real_parent"),
    mm: btf.member(task, "mm"),
    argStart: btf.member(memory, "arg_start"),
    argEnd: btf.member(memory, "arg_end"),
    filename: btf.member(binary, "filename"),
  };
}
