/**
 * Which executions are wanted, decided in the kernel.
 *
 * Which filters there are is constant once the program is loaded: the verifier leaves out those that are not given, so they
 * cost nothing. Their values are in a table. Values of one filter are alternatives; all filters must let an execution
 * through.
 * @module
 */
import {
  bool,
  chars,
  config,
  hashMap,
  struct,
  u32,
  u8,
  type Infer,
  type TransformLayout,
} from "ts-ebpf";

/** What to let through. An empty list lets everything through. */
export interface ExecFilters {
  readonly pids: readonly number[];
  readonly parents: readonly number[];
  readonly uids: readonly number[];
  /** Names of processes as the kernel keeps them; what is over 15 bytes is not compared. */
  readonly commands: readonly string[];
}

const Filters = struct("exec_filters", { pids: bool, parents: bool, uids: bool, commands: bool });

/** Which filters there are. */
export const filters = config("exec_filters", Filters, {
  pids: false,
  parents: false,
  uids: false,
  commands: false,
});

/** What a value is compared with. */
export const wantedKind = { pid: 0, parent: 1, uid: 2, command: 3 } as const;

/** TASK_COMM_LEN of include/linux/sched.h. */
const nameBytes = 16;
const name = chars(nameBytes);

/** The name of a process; what the kernel does not keep of it is cut off, if need be in the middle of a character. */
const processName: TransformLayout<string> = Object.freeze({
  ...name,
  kind: "transform",
  inner: name,
  write: (view: DataView, offset: number, text: string) => {
    const kept = new Uint8Array(nameBytes);
    kept.set(new TextEncoder().encode(text).subarray(0, nameBytes - 1));
    kept.forEach((byte, index) => view.setUint8(offset + index, byte));
  },
});

/** A value of a filter: a number, or the name of a command with zeros behind it. */
export const Wanted = struct("exec_wanted", { kind: u32, number: u32, name: processName });

/** The values of all filters; it is loaded with room for as many as there are. */
export const wanted = hashMap("exec_wanted", Wanted, u8, 64);

/** The entries of {@link wanted} for these filters. */
export function wantedEntries(given: ExecFilters): readonly Infer<typeof Wanted>[] {
  return [
    ...numbers(wantedKind.pid, given.pids),
    ...numbers(wantedKind.parent, given.parents),
    ...numbers(wantedKind.uid, given.uids),
    ...given.commands.map((name) => ({ kind: wantedKind.command, number: 0, name })),
  ];
}

function numbers(kind: number, values: readonly number[]): Infer<typeof Wanted>[] {
  return values.map((number) => ({ kind, number, name: "" }));
}
