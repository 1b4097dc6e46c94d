/**
 * Reading the kernel's structs from a raw tracepoint.
 *
 * Its arguments are addresses that the verifier knows nothing about, so they are read by a helper that fails instead of
 * faulting. A BTF tracepoint would do with plain loads, but then the verifier searches the kernel's BTF for every pointer that is
 * followed, and for that loading would take milliseconds more.
 * @module
 */
import {
  fieldAt,
  loadFrom,
  probeReadKernel,
  type FieldPlace,
  type Item,
  type Register,
  type SizedPlace,
} from "ts-ebpf/asm";

/** What {@link readKernel} reads. */
export interface KernelRead {
  /** Points to the struct. */
  readonly base: Register;
  readonly field: FieldPlace;
  /** Eight bytes of stack to read by. */
  readonly slot: SizedPlace;
}

/** `dst = base->field`, 0 when it cannot be read. r0 to r5 are overwritten. */
export function readKernel(dst: Register, { base, field, slot }: KernelRead): Item {
  const place = { ...slot, size: field.size };
  return [probeReadKernel(place, fieldAt(base, field)), loadFrom(dst, place)];
}
