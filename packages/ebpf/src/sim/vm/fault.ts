/**
 * What goes wrong while a simulated program runs: the one error class of the virtual machine.
 *
 * A fault says which instruction, and for an access which region, offset and size; the source line is
 * there when the instruction carries one. It does not say why the program was allowed to start: that is the checker's work.
 * @module
 */
import { BpfError } from "../../base/errors.ts";
import type { Instruction, SourceLine } from "../../isa/instruction.ts";

/** What kind of thing a fault is. */
export type FaultKind =
  | "access"
  | "budget"
  | "call"
  | "depth"
  | "jump"
  | "instruction"
  | "tail-call";

/** A program did something that the machine cannot let it do. */
export class MachineFault extends BpfError {
  override readonly name = "MachineFault";
  readonly code = "MACHINE_FAULT";
  /** What kind of thing went wrong. */
  readonly kind: FaultKind;
  /** Slot of the instruction, from 0 up; -1 where a helper or the host did it. */
  readonly slot: number;
  /** The instruction's place in source text, where known. */
  readonly source: SourceLine | undefined;
  /** What was wrong, without the place. */
  readonly reason: string;

  constructor(kind: FaultKind, reason: string, slot = -1, at: FaultPlace = {}) {
    const line = at.source === undefined ? "" : ` (${at.source.file}:${at.source.line})`;
    super(
      slot < 0 ? reason : `instruction ${slot}${line}: ${reason}`,
      at.hint === undefined ? {} : { hint: at.hint },
    );
    this.kind = kind;
    this.reason = reason;
    this.slot = slot;
    this.source = at.source;
  }
}

/** Where a fault happened, and what to do about it. */
export interface FaultPlace {
  readonly source?: SourceLine | undefined;
  readonly hint?: string | undefined;
}

/** `fault` again, naming the source line of the instruction it happened at, as `instructions` (by slot) know it. */
export function located(
  fault: MachineFault,
  instructions: readonly (Instruction | undefined)[],
): MachineFault {
  const source = instructions[fault.slot]?.source;
  if (source === undefined || fault.source !== undefined) return fault;
  return new MachineFault(fault.kind, fault.reason, fault.slot, { source, hint: fault.hint });
}
