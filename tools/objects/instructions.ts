/**
 * The instructions of programs as loaders hand them to a kernel, in a form that two loaders' can be compared in.
 *
 * What differs from load to load is numbered in the order in which a program refers to it: maps.
 * @module
 */
import type { Kernel, ProgLoad } from "ts-ebpf/kernel";
import { BpfError, type CollectionSpec } from "ts-ebpf";
import type { Btf } from "ts-ebpf/btf";
import { openObjectFile } from "../../packages/ebpf/src/collection/open-object.ts";
import { PretendedHandle, recordingKernel } from "./recording-kernel.ts";

/** A program as it is handed to a kernel. */
export interface HandedProgram {
  /** Slots in hex; maps are numbered. */
  readonly slots: readonly string[];
  /** Number of the type it attaches to, 0 for none. */
  readonly attachBtfId: number;
}

/** What a loader hands over of an object, by the names of programs; of those it refuses, why. */
export type HandedPrograms = ReadonlyMap<string, HandedProgram | string>;

/**
 * What this library hands over of an object, its path or its bytes, each program loaded by itself; `btf` has the types to
 * relocate it to, where those are not the kernel's own.
 */
export function ourPrograms(real: Kernel, source: string | Uint8Array, btf?: Btf): HandedPrograms {
  const loads: ProgLoad[] = [];
  const kernel = recordingKernel(real, (load) => loads.push(load));
  const object = openObjectFile(kernel, source);
  const names = programNames(object.spec);
  const handed = new Map<string, HandedProgram | string>();
  for (const name of names) {
    loads.length = 0;
    const autoload = Object.fromEntries(names.map((each) => [each, each === name]));
    const arrays = Object.fromEntries(progArrayNames(object.spec).map((each) => [each, []]));
    try {
      object.change({ autoload, programs: arrays }).load({ btf }).close();
      handed.set(name, ours(loads.at(-1)));
    } catch (error) {
      if (!(error instanceof BpfError)) throw error;
      handed.set(name, `${error.message}${error.hint === undefined ? "" : ` [${error.hint}]`}`);
    }
  }
  return handed;
}

function programNames(spec: CollectionSpec): readonly string[] {
  return Object.entries(spec).flatMap(([name, { kind }]) => (kind === "program" ? [name] : []));
}

function progArrayNames(spec: CollectionSpec): readonly string[] {
  return Object.entries(spec).flatMap(([name, part]) => {
    return part.kind === "map" && part.type === "prog_array" ? [name] : [];
  });
}

function ours(load: ProgLoad | undefined): HandedProgram | string {
  if (load === undefined) return "nothing was loaded";
  const things = (load.maps ?? []).map((map) => (map as PretendedHandle).thing);
  const slots = slotsOf(Buffer.from(load.insns).toString("hex"));
  return {
    slots: withoutNumbers(slots, (index) => things[index]),
    attachBtfId: load.attachBtfId ?? 0,
  };
}

/** What another loader said of a program: its name, what it attaches to, instructions in hex. */
export function parseHanded(line: string): readonly [name: string, HandedProgram] {
  const [name = "", id = "", hex = ""] = line.split(" ");
  const slots = withoutNumbers(slotsOf(hex), (descriptor) => descriptor);
  return [name, { slots, attachBtfId: Number(id) }];
}

function slotsOf(hex: string): readonly string[] {
  return hex.match(/.{16}/g) ?? [];
}

/** Registers that say of a wide load what it loads: by descriptor, and by index in a table. */
const mapReferences: { readonly [source: string]: string } = { 1: "1", 2: "2", 5: "1", 6: "2" };

/** Numbers maps in the order in which they are referred to, whatever they are called in `slots`. */
function withoutNumbers(
  slots: readonly string[],
  thingOf: (number: number) => unknown,
): readonly string[] {
  const met: unknown[] = [];
  return slots.map((slot, index) => {
    const source = slot.startsWith("18") ? mapReferences[slot[2]!] : undefined;
    // The second half of a wide load has opcode 0.
    if (source === undefined || slots[index + 1]?.startsWith("00") !== true) return slot;
    const thing = thingOf(Buffer.from(slot.slice(8), "hex").readInt32LE());
    if (!met.includes(thing)) met.push(thing);
    return `18${source}${slot[3]}0000map${String(met.indexOf(thing)).padStart(5, "0")}`;
  });
}
