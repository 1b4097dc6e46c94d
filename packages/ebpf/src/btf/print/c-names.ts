/**
 * Names that types of C are printed under.
 *
 * C has one namespace for tags (`struct`, `union`, `enum`) and one for typedefs and enumerators. Types that share a name in
 * BTF, because they come from different files, get their own here; a struct that is only declared is the one of that name
 * that is defined.
 * @module
 */
import type { Btf } from "../btf.ts";
import type { BtfEnum, BtfEnum64, BtfTypeOf } from "../type.ts";
import { Names } from "./names.ts";

/** Names by id of the type. */
export class CNames {
  readonly #byId = new Map<number, string>();
  readonly #tags = new Names();
  /** Names by kind and name in BTF, of what is defined first under it. */
  readonly #defined = new Map<string, string>();
  readonly #ordinary = new Names(builtIn);
  readonly #enumerators = new Map<number, readonly string[]>();

  /** Names for the types of `btf` and of its base, which keep those they have without it. */
  constructor(btf: Btf) {
    if (btf.base !== undefined) this.#add(btf.base);
    this.#add(btf);
  }

  #add(btf: Btf): void {
    for (const type of taggedTypes(btf)) {
      const key = `${type.kind.replace("64", "")} ${type.name}`;
      const given = this.#tags.take(type.name);
      this.#byId.set(type.id, given);
      if (!this.#defined.has(key)) this.#defined.set(key, given);
    }
    for (const { id, of, name } of btf.types("fwd")) {
      const key = `${of} ${name}`;
      if (!this.#defined.has(key)) this.#defined.set(key, this.#tags.take(name));
      this.#byId.set(id, this.#defined.get(key)!);
    }
    for (const { id, name } of btf.types("typedef")) {
      this.#byId.set(id, builtIn.has(name) ? name : this.#ordinary.take(name));
    }
  }

  /** Name of the type with number `id`; `""` when it has none. */
  of(id: number): string {
    return this.#byId.get(id) ?? "";
  }

  /**
   * Names for the enumerators of an enum. One without a name is printed wherever it is used, each time with other
   * enumerators.
   */
  enumerators(type: BtfEnum | BtfEnum64): readonly string[] {
    const known = this.#enumerators.get(type.id);
    if (known !== undefined && type.name !== "") return known;
    const names = type.values.map(({ name }) => this.#ordinary.take(name));
    this.#enumerators.set(type.id, names);
    return names;
  }
}

/** Typedefs that compilers define themselves. */
export const builtIn: ReadonlySet<string> = new Set(["__builtin_va_list"]);

function taggedTypes(btf: Btf): readonly BtfTypeOf<"struct" | "union" | "enum" | "enum64">[] {
  return (["struct", "union", "enum", "enum64"] as const)
    .flatMap((kind) => [...btf.types(kind)].filter(({ name }) => name !== ""))
    .toSorted((left, right) => left.id - right.id);
}
