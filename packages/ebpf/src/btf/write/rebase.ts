/**
 * Split BTF whose base is distilled, moved onto the kernel's real BTF.
 *
 * A module that is built apart from its kernel brings along, in its section `.BTF.base`, the few types of the kernel that its
 * own refer to: integers and floats, and of structs, unions and enums only name and size. They are looked up in the kernel the
 * module is loaded into; the module's own types stay as they are, with references to what was found. The format is that
 * of `btf__distill_base` in tools/lib/bpf/btf.c.
 * @module
 */
import { InvalidArgumentError } from "../../base/errors.ts";
import { didYouMean } from "../../base/text.ts";
import { Btf } from "../btf.ts";
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
  for (const type of distilled.types()) found.set(type.id, realOf(type, { split, base }));
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
}

/** Id of the type of the base that a distilled one stands for. */
function realOf(distilled: BtfType, { split, base }: Task): BtfTypeId {
  const { kind, name } = distilled;
  const fitting = name === "" ? [] : base.findAll(name).filter((real) => isSame(distilled, real));
  const [first, ...others] = fitting;
  if (first === undefined) throw noneFits(distilled, { split, base });
  // One that is only pointed to may be any of its name; inside of another, struct or enum, there must be no doubt.
  if (others.length > 0 && kind !== "fwd" && first.kind !== "int") {
    const ids = fitting.map(({ id }) => id).join(", ");
    throw new InvalidArgumentError(
      `${split.path} needs ${kind} "${name}", which is several types in ${base.path}: ${ids}`,
      { hint: "build it for this kernel, with its BTF at hand" },
    );
  }
  return first.id;
}

function noneFits({ kind, name }: BtfType, { split, base }: Task): InvalidArgumentError {
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
