/**
 * Where types start in a type section.
 *
 * Types follow each other without gaps, and how long one is follows from its kind and a count; so the one pass that is
 * made over all of them reads a word or two of each. It is written for machines: it decides how long reading BTF takes.
 * @module
 */
import type { BtfSections } from "./sections.ts";
import { btfKinds, type BtfKind } from "./type.ts";

/** Called with what is wrong with the type at `index`, at word `at`; does not return. */
export type Refuse = (index: number, message: string, at: number) => void;

/**
 * Index of the first word of each type. Names have to start before `nameEnd`.
 *
 * Types of kinds that are not known are stepped over where the layout section tells their size.
 */
export function typePositions(sections: BtfSections, nameEnd: number, refuse: Refuse): Uint32Array {
  const { words } = sections;
  const { fixed, repeated } = kindSizes(sections.layout);
  // Three words are the least a type takes: there cannot be more types than fit.
  const positions = new Uint32Array(Math.floor(words.length / 3));
  const last = words.length - 3;
  let found = 0;
  let at = 0;
  while (at <= last) {
    const info = words[at + 1]!;
    const kind = (info >>> 24) & 0x7f;
    const size = fixed[kind]!;
    if (size === 0) refuse(found, unknownKind(kind), at);
    if (words[at]! >= nameEnd) refuse(found, "its name is not in the strings", at);
    positions[found++] = at;
    at += size + repeated[kind]! * (info & 0xff_ffff);
  }
  if (at !== words.length)
    refuse(Math.max(found - 1, 0), "it does not end with the type section", at);
  return positions.slice(0, found);
}

function unknownKind(kind: number): string {
  return `kind ${kind} is unknown, and the BTF does not say how large it is`;
}

/** Sizes by number of the kind, in words. */
interface KindSizes {
  /** Words of a type without its repeated parts; 0 for an unknown kind. */
  readonly fixed: Uint8Array;
  /** Words of each member, value or parameter. */
  readonly repeated: Uint8Array;
}

/** Words behind the common three, once and per count. Source: include/uapi/linux/btf.h. */
const extraWords: { readonly [K in BtfKind]: readonly [once: number, each: number] } = {
  void: [0, 0],
  int: [1, 0],
  ptr: [0, 0],
  array: [3, 0],
  struct: [0, 3],
  union: [0, 3],
  enum: [0, 2],
  fwd: [0, 0],
  typedef: [0, 0],
  volatile: [0, 0],
  const: [0, 0],
  restrict: [0, 0],
  func: [0, 0],
  func_proto: [0, 2],
  var: [1, 0],
  datasec: [0, 3],
  float: [0, 0],
  decl_tag: [1, 0],
  type_tag: [0, 0],
  enum64: [0, 3],
};

/** How many kinds seven bits tell apart. */
const kindNumbers = 128;

/**
 * Sizes of the kinds: the ones we know, and later ones as the layout section has them (`struct btf_layout`: bytes
 * once, bytes each, two bytes of flags), so that a newer kernel's BTF stays readable but for types of those kinds.
 */
function kindSizes(layout: Uint8Array): KindSizes {
  const fixed = new Uint8Array(kindNumbers);
  const repeated = new Uint8Array(kindNumbers);
  const described = Math.min(kindNumbers, Math.floor(layout.length / 4));
  for (let kind = btfKinds.length; kind < described; kind++) {
    const once = layout[4 * kind]! / 4;
    const each = layout[4 * kind + 1]! / 4;
    if (!Number.isInteger(once) || !Number.isInteger(each)) continue;
    fixed[kind] = 3 + once;
    repeated[kind] = each;
  }
  for (const [kind, name] of btfKinds.entries()) {
    if (name === "void") continue;
    fixed[kind] = 3 + extraWords[name][0];
    repeated[kind] = extraWords[name][1];
  }
  return { fixed, repeated };
}
