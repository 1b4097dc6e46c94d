/**
 * Names that types of C are printed under.
 *
 * C has one namespace for tags (`struct`, `union`, `enum`) and one for typedefs and enumerators. Types that share a name in
 * BTF, because they come from different files, get their own here; a struct that is only declared is the one of that name
 * that is defined, if only in what goes on from where it is declared.
 * @module
 */
import type { Btf } from "../btf.ts";
import type { BtfEnum, BtfEnum64, BtfTypeOf } from "../type.ts";
import { identifier, keywords } from "./c-identifier.ts";
import { aliasOf } from "./c-scalars.ts";
import { Names } from "./names.ts";

/** What a header is made of: types of the base of split BTF, and its own. */
export type HeaderPart = "base" | "own";

/** Names by id of the type. */
export class CNames {
  readonly #byId = new Map<number, string>();
  readonly #tags = new Names(keywords);
  /** Names by kind and name in BTF, of what is defined first under it. */
  readonly #defined = new Map<string, string>();
  /** The same of what is only declared so far. */
  readonly #declared = new Map<string, string>();
  readonly #ordinary = new Names(new Set([...builtIn, ...keywords]));
  readonly #enumerators = new Map<number, readonly string[]>();
  /** Names of enumerators of the base, whose header has them and others made of them. */
  readonly #ofBase: ReadonlySet<string>;

  /** Names for the types of `btf` and of its base, which keep those they have without it. */
  constructor(btf: Btf) {
    const { base } = btf;
    this.#ofBase = base === undefined ? new Set() : enumeratorNames(base);
    if (base !== undefined) this.#add(base, "base");
    this.#add(btf, "own");
  }

  #add(btf: Btf, part: HeaderPart): void {
    for (const type of taggedTypes(btf)) {
      const key = `${type.kind.replace("64", "")} ${type.name}`;
      const given = this.#declared.get(key) ?? this.#tags.take(identifier(type.name));
      this.#declared.delete(key);
      this.#byId.set(type.id, given);
      if (!this.#defined.has(key)) this.#defined.set(key, given);
    }
    for (const { id, of, name } of btf.types("fwd")) {
      const key = `${of} ${name}`;
      const given =
        this.#defined.get(key) ?? this.#declared.get(key) ?? this.#tags.take(identifier(name));
      if (!this.#defined.has(key)) this.#declared.set(key, given);
      this.#byId.set(id, given);
    }
    for (const kind of ["int", "float"] as const) {
      for (const type of btf.types(kind)) {
        if (aliasOf(type) === undefined) continue;
        this.#byId.set(type.id, this.#takeOrdinary(type.name, part));
      }
    }
    for (const { id, name } of btf.types("typedef")) {
      this.#byId.set(id, builtIn.has(name) ? name : this.#takeOrdinary(name, part));
    }
  }

  /** Name of the type with number `id`; `""` when it has none. */
  of(id: number): string {
    return this.#byId.get(id) ?? "";
  }

  /**
   * Names for the enumerators of an enum in a part of the header. One without a name is printed wherever it is used, each
   * time with other enumerators.
   */
  enumerators({ id, name, values }: BtfEnum | BtfEnum64, part: HeaderPart): readonly string[] {
    const known = this.#enumerators.get(id);
    if (known !== undefined) return known;
    const names = values.map((value) => this.#takeOrdinary(value.name, part));
    if (name !== "") this.#enumerators.set(id, names);
    return names;
  }

  #takeOrdinary(name: string, part: HeaderPart): string {
    const isTaken = part === "own" && this.#ofBase.has(name);
    return this.#ordinary.take(identifier(isTaken ? `${name}___split` : name));
  }
}

function enumeratorNames(btf: Btf): ReadonlySet<string> {
  const names = new Set<string>();
  for (const kind of ["enum", "enum64"] as const) {
    for (const { values } of btf.types(kind)) for (const { name } of values) names.add(name);
  }
  return names;
}

/** Typedefs that compilers define themselves. */
export const builtIn: ReadonlySet<string> = new Set(["__builtin_va_list"]);

function taggedTypes(btf: Btf): readonly BtfTypeOf<"struct" | "union" | "enum" | "enum64">[] {
  return (["struct", "union", "enum", "enum64"] as const)
    .flatMap((kind) => [...btf.types(kind)].filter(({ name }) => name !== ""))
    .toSorted((left, right) => left.id - right.id);
}
