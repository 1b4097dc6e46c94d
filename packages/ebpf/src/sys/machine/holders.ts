/**
 * Which processes hold which objects of the kernel, from the files of /proc about their descriptors.
 *
 * `/proc/PID/fdinfo/FD` tells the number of a program, map, link or BTF object, each in a line of its own
 * (kernel/bpf/syscall.c, bpf_prog_show_fdinfo and its like). Descriptors of other things have no such line. What other
 * users hold is only seen with CAP_SYS_PTRACE.
 * @module
 */
import { type Files, hostFiles } from "./files.ts";

/** Something that the kernel numbers. */
export interface Numbered {
  readonly kind: "program" | "map" | "link" | "btf";
  readonly id: number;
}

/** A process with a descriptor of an object. */
export interface Holder {
  readonly pid: number;
  /** Name of the process. */
  readonly command: string;
  readonly object: Numbered;
}

/** Every process of this PID namespace that holds an object by a descriptor, once for each of both. */
export function readHolders(files: Files = hostFiles): readonly Holder[] {
  const processes = (files.names("/proc") ?? []).filter((name) => /^\d+$/.test(name));
  return processes.flatMap((pid) => heldBy(pid, files));
}

function heldBy(pid: string, files: Files): readonly Holder[] {
  const folder = `/proc/${pid}/fdinfo`;
  const objects = new Map<string, Numbered>();
  for (const fd of files.names(folder) ?? []) {
    const object = objectIn(files.text(`${folder}/${fd}`) ?? "");
    if (object !== undefined) objects.set(`${object.kind} ${object.id}`, object);
  }
  if (objects.size === 0) return [];
  const command = files.text(`/proc/${pid}/comm`)?.trimEnd() ?? "";
  return Array.from(objects.values(), (object) => ({ pid: Number(pid), command, object }));
}

/** Links come first: they also tell the number of their program, which the descriptor is not of. */
const lines: readonly (readonly [kind: Numbered["kind"], line: RegExp])[] = [
  ["link", /^link_id:\s*(\d+)$/m],
  ["program", /^prog_id:\s*(\d+)$/m],
  ["map", /^map_id:\s*(\d+)$/m],
  ["btf", /^btf_id:\s*(\d+)$/m],
];

function objectIn(text: string): Numbered | undefined {
  for (const [kind, line] of lines) {
    const id = line.exec(text)?.[1];
    if (id !== undefined) return { kind, id: Number(id) };
  }
  return undefined;
}
