/**
 * BTF read: the types of a kernel, a module, an object file or a loaded program.
 *
 * Reading one does next to nothing: where types start is noted as far as somebody asks, and a type is decoded when it is
 * asked for; so finding one among the kernel's 130,000 is a matter of a millisecond. It reads bytes it is handed,
 * never files.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import { didYouMean } from "../base/text.ts";
import { decodeType, voidType } from "./decode.ts";
import { describeType } from "./describe.ts";
import { enumValueOf } from "./enum-value.ts";
import { enumeratorsLike, enumsWith } from "./enumerators.ts";
import { fieldOf, type BtfField } from "./member.ts";
import { NameIndex } from "./name-index.ts";
import { pointerSizeOf, resolveType, sizeOf } from "./resolve.ts";
import { readSections } from "./sections.ts";
import { signatureOf, type BtfSignature } from "./signature.ts";
import type { StringTable } from "./strings.ts";
import type { TypeSource } from "./type-source.ts";
import { kindNumber, typeId, TypeTable } from "./type-table.ts";
import { btfKinds, type BtfKind, type BtfType, type BtfTypeId, type BtfTypeOf } from "./type.ts";

/** Options of {@link parseBtf}. */
export interface ParseBtfOptions {
  /** What a split BTF continues: for a kernel module's, the kernel's. */
  readonly base?: Btf | undefined;
  /** What the bytes are of, for messages: `"vmlinux"`. */
  readonly path?: string;
}

/**
 * Reads the BTF in `bytes`, which stays borrowed: it must not change while the result is in use.
 *
 * Both byte orders are read. The kernel's own BTF is the file /sys/kernel/btf/vmlinux (Linux 5.4); those of its
 * modules lie beside it and are split BTF, which needs `base` (Linux 5.11).
 *
 * ```ts
 * const btf = parseBtf(readFileSync("/sys/kernel/btf/vmlinux"), { path: "vmlinux" });
 * btf.member("task_struct", "se.vruntime").offset;
 * ```
 * @throws MalformedError when `bytes` is not BTF. Damage further in is found, and thrown, when a type at or behind the
 * place is asked for.
 */
export function parseBtf(bytes: Uint8Array, options: ParseBtfOptions = {}): Btf {
  return Btf.parse(bytes, options);
}

/** A number for each kind but `void`, which is not stored. */
export type BtfKindCounts = Readonly<Counts>;

type StoredKind = Exclude<BtfKind, "void">;
type Counts = Record<StoredKind, number>;

const storedKinds = btfKinds.filter((kind): kind is StoredKind => kind !== "void");

/** Types that can be asked for by id, by name and by kind. Made by {@link parseBtf}. */
export class Btf implements TypeSource {
  /** What this one continues, if it is split BTF. Ids and names of the base are valid here too. */
  readonly base: Btf | undefined;
  /** Byte order it was written in, which is that of the programs or the kernel it describes. */
  readonly byteOrder: "little" | "big";
  /** Id of the first type that is not of the base. */
  readonly firstId: BtfTypeId;
  readonly #table: TypeTable;
  readonly #names: NameIndex;
  readonly #decoded = new Map<number, BtfType>();
  #pointerSize: number | undefined;

  /** As {@link parseBtf}. */
  static parse(bytes: Uint8Array, { base, path = "BTF" }: ParseBtfOptions = {}): Btf {
    const sections = readSections(bytes, path);
    const table = new TypeTable({
      sections,
      path,
      base: base === undefined ? undefined : base.#table,
    });
    return new Btf(table, base, sections.byteOrder);
  }

  private constructor(table: TypeTable, base: Btf | undefined, byteOrder: "little" | "big") {
    this.base = base;
    this.byteOrder = byteOrder;
    this.firstId = typeId(table.first);
    this.#table = table;
    this.#names = new NameIndex(table);
  }

  /** What the types are of, as was said when it was read. */
  get path(): string {
    return this.#table.path;
  }

  /** Its strings, for what refers to them by offset: records that go along with it, BTF that continues it. */
  get strings(): StringTable {
    return this.#table.strings;
  }

  /** How many types it has beyond those of its base. */
  get typeCount(): number {
    return this.#table.end - this.#table.first;
  }

  /** Size of a pointer in bytes: that of `long`, or 8 where there is none. */
  get pointerSize(): number {
    this.#pointerSize ??= this.base?.pointerSize ?? pointerSizeOf(this.types("int"));
    return this.#pointerSize;
  }

  /**
   * The type with number `id`; 0 is `void`. The same object each time.
   * @throws InvalidArgumentError when there is none.
   * @throws MalformedError when it is damaged.
   */
  typeById(id: number): BtfType {
    if (id === 0) return voidType;
    if (id < this.firstId && this.base !== undefined) return this.base.typeById(id);
    const known = this.#decoded.get(id);
    if (known !== undefined) return known;
    if (!this.#table.has(id)) {
      throw new InvalidArgumentError(
        `there is no type ${id} in ${this.path}: ids end at ${this.#table.end - 1}`,
      );
    }
    const type = decodeType(this.#table, id);
    this.#decoded.set(id, type);
    return type;
  }

  /** Bytes from the start of the BTF that the type with number `id` is in to the type; `undefined` for `void`. */
  offsetOf(id: number): number | undefined {
    if (id < this.firstId) return id === 0 ? undefined : this.base?.offsetOf(id);
    return this.#table.has(id) ? this.#table.offset(id) : undefined;
  }

  /**
   * The first type called `name`, of kind `kind` if given; `undefined` when there is none. Names are those of C
   * without `struct` before them; without `kind` a struct and a function of the same name are both meant.
   */
  findByName<Kind extends BtfKind = BtfKind>(
    name: string,
    kind?: Kind,
  ): BtfTypeOf<Kind> | undefined {
    const inBase = this.base?.findByName(name, kind);
    if (inBase !== undefined) return inBase;
    const id = this.#names.first(name, kind === undefined ? undefined : kindNumber(kind));
    return id === undefined ? undefined : (this.typeById(id) as BtfTypeOf<Kind>);
  }

  /** All types called `name`, in the order of their ids. */
  findAll(name: string): readonly BtfType[] {
    const own = this.#names.all(name).map((id) => this.typeById(id));
    return [...(this.base?.findAll(name) ?? []), ...own];
  }

  /**
   * As {@link Btf.findByName}, for a name that has to be there.
   * @throws InvalidArgumentError when there is no such type; its hint names one that may have been meant.
   */
  typeByName<Kind extends BtfKind = BtfKind>(name: string, kind?: Kind): BtfTypeOf<Kind> {
    const type = this.findByName(name, kind);
    if (type !== undefined) return type;
    const other = kind === undefined ? undefined : this.findByName(name);
    const hint =
      other === undefined
        ? didYouMean(name, this.namesLike(name, kind))
        : `${name} is of kind ${other.kind}`;
    throw new InvalidArgumentError(
      `there is no ${kind ?? "type"} "${name}" in ${this.path}`,
      hint === undefined ? {} : { hint },
    );
  }

  /**
   * Decodes the types one after the other, those of the base not among them; all, or those of kind `kind`. What was
   * not decoded before is not kept, so going through all of a kernel's types does not fill memory.
   * @throws MalformedError when it comes to a damaged one.
   */
  *types<Kind extends BtfKind = BtfKind>(kind?: Kind): Generator<BtfTypeOf<Kind>, void> {
    const table = this.#table;
    const number = kind === undefined ? undefined : kindNumber(kind);
    for (let id = table.first; table.has(id); id++) {
      if (number !== undefined && table.kindNumber(id) !== number) continue;
      yield (this.#decoded.get(id) ?? decodeType(table, id)) as BtfTypeOf<Kind>;
    }
  }

  /** How many types there are of each kind, those of the base not among them. */
  countByKind(): BtfKindCounts {
    const counts = Object.fromEntries(storedKinds.map((kind) => [kind, 0])) as Counts;
    for (let id = this.#table.first; this.#table.has(id); id++) {
      const kind = btfKinds[this.#table.kindNumber(id)];
      if (kind !== undefined && kind !== "void") counts[kind]++;
    }
    return counts;
  }

  /**
   * The words in which type `id`, which is none of the base, is stored here: to be stored again as it is along with the
   * same texts. Nothing is looked at, so nothing is checked.
   */
  stored(id: number): Uint32Array {
    return this.#table.stored(id);
  }

  /** The kind of type `id`, which is none of the base; `undefined` for kinds that are not known. */
  kindOf(id: number): BtfKind | undefined {
    return btfKinds[this.#table.kindNumber(id)];
  }

  /** Names with three underscores in them, of types and of whatever else has a name. Types may have several flavours. */
  *flavoured(): Generator<string, void> {
    if (this.base !== undefined) yield* this.base.flavoured();
    yield* this.#table.strings.flavoured();
  }

  /** Says that types of about so many names will be looked for, which makes an index pay at once or not. */
  expectNames(count: number): void {
    this.#names.expect(count);
  }

  /** Names of types that start with the same letter as `name`, of which one may have been meant. */
  *namesLike(name: string, kind?: BtfKind): Generator<string, void> {
    if (this.base !== undefined) yield* this.base.namesLike(name, kind);
    const number = kind === undefined ? undefined : kindNumber(kind);
    yield* this.#names.like(name, number);
  }

  /** Ids of the enums that have an enumerator called `name`. */
  enumsWith(name: string): readonly BtfTypeId[] {
    return [...(this.base?.enumsWith(name) ?? []), ...enumsWith(this.#table, name)];
  }

  /** Names of enumerators that start with the same letter as `name`. */
  *enumeratorsLike(name: string): Generator<string, void> {
    if (this.base !== undefined) yield* this.base.enumeratorsLike(name);
    yield* enumeratorsLike(this.#table, name);
  }

  /**
   * The type behind typedefs, qualifiers and type tags.
   * @throws MalformedError when they lead round in a circle.
   */
  resolve(id: number): BtfType {
    return resolveType(this, id);
  }

  /**
   * Size in bytes of values of the type.
   * @throws InvalidArgumentError for what has no size: `void`, functions, undefined structs, tags.
   */
  size(id: number): number {
    return sizeOf(this, id);
  }

  /**
   * Where a member lies, of a struct, a union or a typedef of one. `path` goes down into structs and arrays within:
   * `"se.avg.load_sum"`, `"comm[3]"`. Members of unnamed structs and unions are found as in C.
   * @throws InvalidArgumentError when there is no such member, or when the way to it goes through a pointer.
   */
  member(struct: string | BtfTypeId, path: string): BtfField {
    return fieldOf(this, struct, path);
  }

  /**
   * The value of an enumerator, in whichever enum it is or in the one called `enumName`: a number, but a bigint from
   * an `enum64`.
   * @throws InvalidArgumentError when there is none, or when enums differ in its value.
   */
  enumValue(name: string, enumName?: string): number | bigint {
    return enumValueOf(this, name, enumName);
  }

  /**
   * What a function takes and returns.
   * @throws InvalidArgumentError when there is no such function.
   */
  signature(func: string | BtfTypeId): BtfSignature {
    return signatureOf(this, func);
  }

  /** The type as C says it, in one line: `struct task_struct *`, `char [16]`, `int (*)(void *, ...)`. */
  describe(id: number): string {
    return describeType(this, id);
  }
}
