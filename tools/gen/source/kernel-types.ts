/**
 * Enums and structs of the running kernel, by name, as its BTF describes them.
 *
 * Members of anonymous structs and unions are lifted to where C lets one write them; members of named ones keep the
 * way to them in their name. Of a bit field only the 32-bit word it lies in is told.
 * @module
 */
import { readFileSync } from "node:fs";
import { release } from "node:os";
import { type Btf, parseBtf } from "../../../packages/ebpf/src/btf/btf.ts";
import type { BtfStruct, BtfType, BtfUnion } from "../../../packages/ebpf/src/btf/type.ts";

/** A constant of an enum. */
export interface Constant {
  readonly name: string;
  readonly value: bigint;
}

/** A member of a struct or union with its place in bytes. */
export interface MemberPlace {
  /** Names from the outside in: `["kprobe_multi", "flags"]`. */
  readonly path: readonly string[];
  readonly offset: number;
  readonly size: number;
  readonly bitField: boolean;
}

/** A struct or union. */
export interface Compound {
  readonly size: number;
  readonly members: readonly MemberPlace[];
}

/** Types of one kernel. */
export interface KernelTypes {
  /** Constants of the enum, in order. */
  readonly constants: (enumName: string) => readonly Constant[];
  /** Constants of the enum without a name that holds `constant`. */
  readonly constantsBeside: (constant: string) => readonly Constant[];
  readonly compound: (name: string) => Compound;
  /** The structs that are direct members of a union: by member name, or for those without by their first member. */
  readonly parts: (unionName: string) => ReadonlyMap<string, Compound>;
}

/** The release of the running kernel without its patch level: `Linux 6.18`. */
export function kernelRelease(): string {
  return `Linux ${/^\d+\.\d+/.exec(release())?.[0] ?? release()}`;
}

let cached: KernelTypes | undefined;

/** Types of the running kernel. */
export function kernelTypes(): KernelTypes {
  cached ??= readKernelTypes();
  return cached;
}

function readKernelTypes(): KernelTypes {
  const btf = parseBtf(readFileSync("/sys/kernel/btf/vmlinux"), { path: "vmlinux" });
  const compound = (name: string): BtfStruct | BtfUnion => {
    const found = btf.findByName(name, "struct") ?? btf.findByName(name, "union");
    if (found === undefined) throw new TypeError(`the kernel's BTF has no struct or union ${name}`);
    return found;
  };
  return {
    constants: (name) => constantsOf(btf.findByName(name, "enum"), `enum ${name}`),
    constantsBeside: (constant) => {
      const [id] = btf.enumsWith(constant);
      return constantsOf(id === undefined ? undefined : btf.typeById(id), constant);
    },
    compound: (name) => compoundOf(btf, compound(name)),
    parts: (name) => partsOf(btf, compound(name)),
  };
}

function constantsOf(type: BtfType | undefined, what: string): readonly Constant[] {
  if (type?.kind !== "enum" && type?.kind !== "enum64") {
    throw new TypeError(`the kernel's BTF has no ${what}`);
  }
  return type.values.map(({ name, value }) => ({ name, value: BigInt(value) }));
}

function compoundOf(btf: Btf, type: BtfStruct | BtfUnion): Compound {
  return { size: type.size, members: placesOf(btf, type, 0) };
}

function partsOf(btf: Btf, union: BtfStruct | BtfUnion): ReadonlyMap<string, Compound> {
  return new Map(
    union.members.map((member) => {
      const part = compoundOf(btf, btf.resolve(member.type) as BtfStruct | BtfUnion);
      return [member.name === "" ? part.members[0]!.path[0]! : member.name, part];
    }),
  );
}

function placesOf(btf: Btf, type: BtfStruct | BtfUnion, start: number): MemberPlace[] {
  return type.members.flatMap((member): MemberPlace[] => {
    const target = btf.resolve(member.type);
    const path = member.name === "" ? [] : [member.name];
    const offset = start + member.bitOffset / 8;
    if (target.kind === "struct" || target.kind === "union") {
      const inner = placesOf(btf, target, offset);
      return inner.map((place) => ({ ...place, path: [...path, ...place.path] }));
    }
    if (path.length === 0) return [];
    const bitField = member.bitfieldSize > 0;
    if (bitField) return [{ path, offset: offset & ~3, size: 4, bitField }];
    return [{ path, offset, size: btf.size(member.type), bitField }];
  });
}
