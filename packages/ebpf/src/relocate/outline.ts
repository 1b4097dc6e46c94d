/**
 * Outlines: structs and enums with only those of their parts that somebody needs.
 *
 * Parts are put in one by one; their numbers are known when all are in.
 * @module
 */
import type { Composite } from "../btf/member-walk.ts";
import type { BtfEnum, BtfEnum64, BtfType } from "../btf/type.ts";

/** What a member is. */
export type Part =
  | { readonly kind: "struct"; readonly outline: StructOutline }
  | { readonly kind: "enum"; readonly outline: EnumOutline }
  | { readonly kind: "array"; readonly element: Part; length: number }
  /** Something that is written as it is. */
  | { readonly kind: "plain"; readonly type: BtfType }
  | MadeUpPart;

/** Something that is not there, and becomes what is asked of it: a struct, an array, or just a byte. */
export interface MadeUpPart {
  readonly kind: "made-up";
  inner: Part | undefined;
}

/** A member in an outline. */
export interface OutlineMember {
  readonly name: string;
  readonly bitOffset: number;
  readonly bitfieldSize: number;
  readonly part: Part;
}

/** A struct or union; one without source is made up. */
export class StructOutline {
  readonly name: string;
  readonly source: Composite | undefined;
  readonly #members = new Map<string, OutlineMember>();

  constructor(name: string, source: Composite | undefined) {
    this.name = name;
    this.source = source;
  }

  /** The member called `name`, if it is in already. */
  get(name: string): OutlineMember | undefined {
    return this.#members.get(name);
  }

  put(member: OutlineMember): void {
    this.#members.set(member.name, member);
  }

  /** The members in the order of memory, which the kernel wants them in. */
  members(): readonly OutlineMember[] {
    return [...this.#members.values()].toSorted((left, right) => left.bitOffset - right.bitOffset);
  }

  /** Number of the member called `name`, which is in. */
  indexOf(name: string): number {
    return this.members().findIndex((member) => member.name === name);
  }
}

/** An enum; one without source is made up. */
export class EnumOutline {
  readonly name: string;
  readonly source: BtfEnum | BtfEnum64 | undefined;
  readonly #names: string[] = [];

  constructor(name: string, source: BtfEnum | BtfEnum64 | undefined) {
    this.name = name;
    this.source = source;
  }

  put(name: string): void {
    if (!this.#names.includes(name)) this.#names.push(name);
  }

  /** The enumerators with their values; 0 where there is none in the source. */
  values(): readonly { readonly name: string; readonly value: bigint }[] {
    const known: readonly { name: string; value: number | bigint }[] = this.source?.values ?? [];
    return this.#names.map((name) => ({
      name,
      value: BigInt(known.find((value) => value.name === name)?.value ?? 0),
    }));
  }

  /** Number of the enumerator called `name`, which is in. */
  indexOf(name: string): number {
    return this.#names.indexOf(name);
  }
}
