/**
 * Where types start in a type section.
 *
 * Types follow each other without gaps, and how long one is follows from its kind and a count; so they are walked over
 * by a word or two of each, no further than is asked for: what people ask for lies mostly at the beginning.
 * @module
 */
import type { BtfSections } from "./sections.ts";
import { btfKinds, type BtfKind } from "./type.ts";

/** Called with what is wrong with the type at `index`, at word `at`. */
export type Refuse = (index: number, message: string, at: number) => never;

/** What positions are found in. */
export interface PositionsParts {
  readonly sections: BtfSections;
  /** Names have to start before this offset. */
  readonly nameEnd: number;
  readonly refuse: Refuse;
}

/** How many types the walk goes on beyond the one that was asked for. */
const stride = 1024;

/**
 * Index of the first word of each type, found as far as somebody asks.
 *
 * Types of kinds that are not known are stepped over where the layout section tells their size.
 */
export class TypePositions {
  /** The positions; the first {@link found} are valid. Three words are the least a type takes. */
  readonly at: Uint32Array;
  readonly #words: Uint32Array;
  readonly #sizes: KindSizes;
  readonly #nameEnd: number;
  readonly #refuse: Refuse;
  #found = 0;
  #next = 0;

  constructor({ sections, nameEnd, refuse }: PositionsParts) {
    this.#words = sections.words;
    this.at = new Uint32Array(Math.floor(sections.words.length / 3));
    this.#sizes = kindSizes(sections.layout);
    this.#nameEnd = nameEnd;
    this.#refuse = refuse;
  }

  /** How many are known so far. */
  get found(): number {
    return this.#found;
  }

  /** How many there are. */
  all(): number {
    this.#walk(this.at.length);
    this.#refuseDamage();
    return this.#found;
  }

  /** Whether there is a type `index`; then its position is known, and mostly those of some more. */
  reach(index: number): boolean {
    if (index < this.#found) return true;
    this.#walk(Math.min(index + stride, this.at.length));
    if (index >= this.#found) this.#refuseDamage();
    return index < this.#found;
  }

  /** Finds positions until `enough` are known, all types are passed, or one is damaged. */
  #walk(enough: number): void {
    const words = this.#words;
    const { fixed, repeated } = this.#sizes;
    const nameEnd = this.#nameEnd;
    const last = words.length - 3;
    let at = this.#next;
    let found = this.#found;
    while (found < enough && at <= last) {
      const info = words[at + 1]!;
      const kind = (info >>> 24) & 0x7f;
      const size = fixed[kind]!;
      const next = at + size + repeated[kind]! * (info & 0xff_ffff);
      if (size === 0 || words[at]! >= nameEnd || next > words.length) break;
      this.at[found++] = at;
      at = next;
    }
    this.#found = found;
    this.#next = at;
  }

  /** Says what is wrong where the walk came to a halt; nothing if it was at the end. */
  #refuseDamage(): void {
    const words = this.#words;
    const at = this.#next;
    if (at === words.length) return;
    this.#refuse(this.#found, this.#damageAt(at), at);
  }

  #damageAt(at: number): string {
    const [name, info] = this.#words.subarray(at, at + 2);
    const kind = ((info ?? 0) >>> 24) & 0x7f;
    if (info === undefined || name === undefined) return "it is cut off";
    if (this.#sizes.fixed[kind] === 0) return unknownKind(kind);
    if (name >= this.#nameEnd) return "its name is not in the strings";
    return "it does not end with the type section";
  }
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
