/**
 * Which descriptors this process holds open, and which of them somebody forgot to close.
 *
 * A leak is what is open after the work and was not before it. Only Linux tells (`/proc/self/fd`); elsewhere nothing is
 * ever found open. Objects that other processes, pins or attachments keep alive are not seen here.
 * @module
 */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** Something that this process holds open. */
export interface OpenDescriptor {
  /** What the kernel calls it: `anon_inode:bpf-map`, `anon_inode:[perf_event]`, `socket`, `/dev/kvm`. */
  readonly kind: string;
  /** What tells it from its like: the descriptor's number and target, or the place of a mapping in memory. */
  readonly identity: string;
}

/**
 * What this process holds open: its descriptors, and the mappings of BPF maps in its memory, which keep the map
 * alive without a descriptor.
 */
export function openDescriptors(): readonly OpenDescriptor[] {
  return [...descriptors(), ...mappings()];
}

/**
 * What is open now and was not `before`, in words: `["anon_inode:bpf-map (21)"]`.
 *
 * Pipes, event descriptors and `/dev/null` do not count, since Node opens them when it first needs them and keeps them.
 */
export function descriptorsSince(before: readonly OpenDescriptor[]): readonly string[] {
  const known = new Set(before.map(({ identity }) => identity));
  return openDescriptors()
    .filter(({ kind, identity }) => !known.has(identity) && !ownedByNode.has(kind))
    .map(({ kind, identity }) => `${kind} (${identity.split(" ")[0]})`);
}

const ownedByNode: ReadonlySet<string> = new Set(["pipe", "anon_inode:[eventfd]", "/dev/null"]);

function descriptors(): OpenDescriptor[] {
  return listed("/proc/self/fd").flatMap((number) => {
    const target = linkTarget(`/proc/self/fd/${number}`);
    if (target === undefined) return [];
    return [{ kind: target.replace(/:\[\d+\]$/, ""), identity: `${number} ${target}` }];
  });
}

/** Mapped BPF maps; a line reads `7f31c3ffe000-7f31c4000000 r--s 00001000 00:0f 36 anon_inode:bpf-map`. */
function mappings(): OpenDescriptor[] {
  return contents("/proc/self/maps")
    .split("\n")
    .filter((line) => line.endsWith("anon_inode:bpf-map"))
    .map((line) => ({ kind: "mapping of a bpf-map", identity: line.split(" ")[0]! }));
}

/** Names in a folder of /proc; none on systems without it. */
function listed(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Text of a file of /proc; empty on systems without it. */
function contents(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** Target of a link; `undefined` for the descriptor that listed the folder, which is closed by now. */
function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
