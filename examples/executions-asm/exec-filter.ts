/**
 * Which executions are wanted, decided in the kernel.
 *
 * A filter is compiled into the program: what is not wanted costs no room in the ring buffer, and a filter that is not given
 * costs no instruction. Values of one filter are alternatives; all filters must let an execution through.
 * @module
 */
import {
  currentComm,
  currentUid,
  jeq,
  jeq32,
  jne,
  label,
  returnZero,
  loadFrom,
  loadImm64,
  at,
  r1,
  r2,
  r3,
  r6,
  type Item,
  type StackFrame,
} from "ts-ebpf/asm";
import type { ExecFields } from "./exec-fields.ts";
import { readKernel } from "./kernel-read.ts";

/** What to let through. An empty list lets everything through. */
export interface ExecFilters {
  readonly pids: readonly number[];
  readonly parents: readonly number[];
  readonly uids: readonly number[];
  /** Names of processes as the kernel keeps them; what is over 15 bytes is not compared. */
  readonly commands: readonly string[];
}

/** What filters are compiled with. */
export interface FilterPlace {
  readonly fields: Pick<ExecFields, "tgid" | "realParent">;
  readonly stack: StackFrame;
}

/** Instructions that leave the program unless the filters let the execution through; `r6` is the task. */
export function execFilter(filters: ExecFilters, { fields, stack }: FilterPlace): Item {
  const slot = stack.bytes(8);
  const { tgid, realParent } = fields;
  return [
    oneOf("pid", filters.pids, readKernel(r1, { base: r6, field: tgid, slot })),
    oneOf("parent", filters.parents, [
      readKernel(r1, { base: r6, field: realParent, slot }),
      readKernel(r1, { base: r1, field: tgid, slot }),
    ]),
    oneOf("uid", filters.uids, currentUid(r1)),
    commandFilter(filters.commands, stack),
  ];
}

/** Leaves unless the number that `load` puts into r1 is one of `numbers`. */
function oneOf(name: string, numbers: readonly number[], load: Item): Item {
  if (numbers.length === 0) return [];
  const wanted = `${name}_wanted`;
  return [load, numbers.map((number) => jeq32(r1, number, wanted)), returnZero, label(wanted)];
}

const nameBytes = 16;

/** Leaves unless the name of the process, two words long, is one of `commands`. */
function commandFilter(commands: readonly string[], stack: StackFrame): Item {
  if (commands.length === 0) return [];
  const name = stack.bytes(nameBytes);
  return [
    currentComm(name),
    loadFrom(r1, { ...name, size: 8 }),
    loadFrom(r2, { ...at(name.base, name.offset + 8), size: 8 }),
    commands.map((command, index) => jumpIfNamed(command, index)),
    returnZero,
    label("command_wanted"),
  ];
}

function jumpIfNamed(command: string, index: number): Item {
  const [first, second] = nameWords(command);
  const next = `not_command_${index}`;
  return [
    loadImm64(r3, first),
    jne(r1, r3, next),
    loadImm64(r3, second),
    jeq(r2, r3, "command_wanted"),
    label(next),
  ];
}

/** The kernel's 16 bytes for a name, as two words: cut after 15 bytes, filled up with zeros. */
export function nameWords(command: string): readonly [first: bigint, second: bigint] {
  const bytes = new Uint8Array(nameBytes);
  bytes.set(new TextEncoder().encode(command).subarray(0, nameBytes - 1));
  const words = new BigUint64Array(bytes.buffer);
  return [words[0]!, words[1]!];
}
