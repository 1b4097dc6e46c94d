/**
 * Split BTF whose base is distilled, moved onto the kernel's real BTF.
 *
 * A module that is built apart from its kernel brings along, in its section `.BTF.base`, the few types of the kernel that its
 * own refer to: integers and floats, and of structs, unions and enums only name and size. They are looked up in the kernel the
 * module is loaded into, where structs that the module only points to may have another size; the module's own types stay as
 * they are, with references to what was found. The format is that of `btf__distill_base` in tools/lib/bpf/btf.c, and the
 * rules those of `btf__relocate` in btf_relocate.c.
 * @module
 */
import { InvalidArgumentError } from "../../base/errors.ts";
import { didYouMean } from "../../base/text.ts";
import { Btf } from "../btf.ts";
import { maxDepth } from "../resolve.ts";
import { voidId, type BtfType, type BtfTypeId } from "../type.ts";
import { withReferences, type BtfTypeData } from "./type-data.ts";
import { encodeBtf } from "./writer.ts";

/**
 * The types of `split` on top of `base` instead of the distilled base it was read with. Their ids follow those of `base`.
 *
 * ```ts
 * const distilled = parseBtf(section(".BTF.base"), { path: "nf_tables, base" });
 * const split = parseBtf(section(".BTF"), { base: distilled, path: "nf_tables" });
 * const btf = rebaseBtf(split, parseBtf(vmlinux, { path: "vmlinux" }));
 * ```
 * @throws {InvalidArgumentError} when `split` has no base, when the byte orders differ, or when `base` has no type, or several
 * that differ, for one of the distilled ones: the module was built for another kernel.
 * @throws {MalformedError} when a type is damaged.
 */
export function rebaseBtf(split: Btf, base: Btf): Btf {
  const distilled = split.base;
  if (distilled === undefined) {
    throw new InvalidArgumentError(`${split.path} is not split BTF, so it has no base to replace`, {
      hint: "read it with its section .BTF.base as base",
    });
  }
  if (split.byteOrder !== base.byteOrder) {
    throw new InvalidArgumentError(
      `${split.path} is of a ${split.byteOrder}-endian machine, ${base.path} of the other kind`,
    );
  }
  const found = new Map<number, BtfTypeId>([[voidId, voidId]]);
  const task: Task = { split, base, embedded: embeddedIn(split) };
  for (const type of distilled.types()) found.set(type.id, realOf(type, task));
  const shift = base.firstId + base.typeCount - split.firstId;
  const moved = (id: BtfTypeId): BtfTypeId => found.get(id) ?? ((id + shift) as BtfTypeId);
  const types = [...(split.types() as Iterable<BtfTypeData>)].map((type) =>
    withReferences(type, moved),
  );
  const bytes = encodeBtf(types, { base, byteOrder: split.byteOrder });
  return Btf.parse(bytes, { base, path: split.path });
}

interface Task {
  readonly split: Btf;
  readonly base: Btf;
  /** Ids of the structs and unions that lie within others, whose size so matters. */
  readonly embedded: ReadonlySet<number>;
}

/** Ids of the structs and unions that members of those of `split` are of, behind arrays and typedefs. */
function embeddedIn(split: Btf): ReadonlySet<number> {
  const embedded = new Set<number>();
  for (const kind of ["struct", "union"] as const) {
    for (const { members } of split.types(kind)) {
      for (const { type } of members) embedded.add(elementOf(split, type));
    }
  }
  return embedded;
}

function elementOf(split: Btf, id: BtfTypeId): number {
  let type = split.resolve(id);
  for (let depth = 0; type.kind === "array" && depth < maxDepth; depth++) {
    type = split.resolve(type.type);
  }
  return type.id;
}

/** Id of the type of the base that a distilled one stands for. */
function realOf(distilled: BtfType, { split, base, embedded }: Task): BtfTypeId {
  const { id, kind, name } = distilled;
  const named = name === "" ? [] : base.findAll(name);
  const fitting = named.filter((real) => isSame(distilled, real));
  const isOnlyPointedTo = (kind === "struct" || kind === "union") && !embedded.has(id);
  const [
    first = isOnlyPointedTo ? named.find((real) => real.kind === kind) : undefined,
    ...others
  ] = fitting;
  if (first === undefined) throw noneFits(distilled, { split, base });
  // One that is only pointed to may be any of its name; inside of another, struct or enum, there must be no doubt.
  if (others.length > 0 && kind !== "fwd" && kind !== "int" && !isOnlyPointedTo) {
    const ids = fitting.map((one) => one.id).join(", ");
    throw new InvalidArgumentError(
      `${split.path} needs ${kind} "${name}", which is several types in ${base.path}: ${ids}`,
      { hint: "build it for this kernel, with its BTF at hand" },
    );
  }
  return first.id;
}

function noneFits(
  { kind, name }: BtfType,
  { split, base }: Pick<Task, "split" | "base">,
): InvalidArgumentError {
  const other = base.findByName(name);
  const hint =
    other === undefined
      ? didYouMean(name, base.namesLike(name))
      : `the ${other.kind} "${name}" there differs in kind, size or sign: it was built for another kernel`;
  return new InvalidArgumentError(
    `${split.path} needs ${kind} "${name}", which ${base.path} does not have`,
    hint === undefined ? {} : { hint },
  );
}

/** Whether `distilled` can stand for `real`, which has its name. */
function isSame(distilled: BtfType, real: BtfType): boolean {
  if (distilled.kind === "fwd") {
    return real.kind === "fwd" ? distilled.of === real.of : distilled.of === real.kind;
  }
  if (wideKind(distilled) !== wideKind(real)) return false;
  if (!("size" in distilled && "size" in real) || distilled.size !== real.size) return false;
  if (distilled.kind !== "int" || real.kind !== "int") return true;
  return distilled.encoding === real.encoding && distilled.bits === real.bits;
}

/** The kind; enumerations are one, however wide their values. */
function wideKind({ kind }: BtfType): string {
  return kind === "enum64" ? "enum" : kind;
}
