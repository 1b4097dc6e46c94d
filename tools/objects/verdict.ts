/**
 * What became of an object in a kernel, by one loader, in a form that two loaders' verdicts can be compared in.
 *
 * Everything is asked of the kernel, by the same code for both loaders. Addresses and numbers that differ from load to
 * load are cleared.
 * @module
 */
import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Collection } from "ts-ebpf";
import type { Handle, Kernel } from "ts-ebpf/kernel";

/** What a loader made of an object. */
export interface Verdict {
  /** Why it was refused; `undefined` when it was loaded. */
  readonly refused: string | undefined;
  readonly programs: Readonly<Record<string, LoadedProgram>>;
  readonly maps: Readonly<Record<string, LoadedMap>>;
}

/** A program as the kernel has it. */
export interface LoadedProgram {
  readonly name: string;
  readonly type: string;
  /** Instructions after verification. */
  readonly instructions: number;
  /** Hash of them without what differs from load to load. */
  readonly hash: string;
}

/** A map as the kernel has it. */
export interface LoadedMap {
  readonly name: string;
  readonly type: string;
  readonly sizes: string;
  readonly flags: string;
}

/** A verdict of refusal. */
export function refusal(refused: string): Verdict {
  return { refused, programs: {}, maps: {} };
}

/** The verdict on what this library loaded. */
export function describeCollection(kernel: Kernel, loaded: Collection): Verdict {
  const programs: Record<string, LoadedProgram> = {};
  const maps: Record<string, LoadedMap> = {};
  for (const [name, program] of loaded.programs)
    programs[name] = describeProgram(kernel, program.handle);
  for (const [name, { spec, handle }] of loaded.maps) {
    // Variables of one section are one map, which the other loader knows by the section.
    const key = ("within" in spec && spec.within?.map) || name;
    maps[key] ??= describeMap(kernel, handle);
  }
  for (const [name, { handle }] of loaded.structOps) maps[name] = describeMap(kernel, handle);
  return { refused: undefined, programs, maps };
}

/** The verdict on what is pinned below `folder`, in `programs` and `maps`. */
export function describePinned(on: Kernel, folder: string): Verdict {
  const programs: Record<string, LoadedProgram> = {};
  const maps: Record<string, LoadedMap> = {};
  for (const name of readdirSync(join(folder, "programs"))) {
    using handle = on.bpf("objGet", { pathname: join(folder, "programs", name), kind: "program" });
    programs[name] = describeProgram(on, handle);
  }
  for (const name of readdirSync(join(folder, "maps"))) {
    using handle = on.bpf("objGet", { pathname: join(folder, "maps", name), kind: "map" });
    maps[name] = describeMap(on, handle);
  }
  return { refused: undefined, programs, maps };
}

/** What `kernel` tells of a loaded program. */
function describeProgram(kernel: Kernel, object: Handle): LoadedProgram {
  const info = kernel.bpf("objGetInfoByFd", { object, contents: "all" });
  if (info.kind !== "program") throw new TypeError(`this is no program but a ${info.kind}`);
  const translated = info.contents?.translated ?? new Uint8Array();
  return {
    name: info.name,
    type: String(info.type),
    instructions: translated.length / 8,
    hash: createHash("sha256").update(withoutAddresses(translated)).digest("hex").slice(0, 12),
  };
}

/** What `kernel` tells of a map. */
function describeMap(kernel: Kernel, object: Handle): LoadedMap {
  const info = kernel.bpf("objGetInfoByFd", { object });
  if (info.kind !== "map") throw new TypeError(`this is no map but a ${info.kind}`);
  return {
    name: info.name,
    type: String(info.type),
    sizes: `${info.keySize}/${info.valueSize}/${info.maxEntries}`,
    flags: [...info.flags].toSorted().join(" "),
  };
}

const loadDouble = 0x18;
const call = 0x85;

/** Instructions without the immediates of map references and of calls of functions, which are ids and addresses. */
function withoutAddresses(instructions: Uint8Array): Uint8Array {
  const cleared = instructions.slice();
  for (let at = 0; at < cleared.length; at += 8) {
    const source = cleared[at + 1]! >> 4;
    if (cleared[at] === call && source !== 0) cleared.fill(0, at + 2, at + 8);
    // The kernel puts addresses of variables in, without saying of which map.
    if (cleared[at] === loadDouble) cleared.fill(0, at + 4, at + 8).fill(0, at + 12, at + 16);
  }
  return cleared;
}
