/**
 * The type model of BTF: what a type of C is once it is read.
 *
 * Every type is frozen plain data told apart by `kind`, whose words are those of include/uapi/linux/btf.h in lower
 * case; types refer to each other by id, so one can be looked at without reading the others. Nothing here knows bytes.
 * @module
 */

declare const brand: unique symbol;

/** Number of a type within one BTF, from 1 up; 0 is `void`. A split BTF goes on where its base ends. */
export type BtfTypeId = number & { readonly [brand]: "btf-type" };

/** The id of `void`. */
export const voidId: BtfTypeId = 0 as BtfTypeId;

/** All kinds, at the index that is their number in BTF: `BTF_KIND_…` in include/uapi/linux/btf.h. */
export const btfKinds = [
  "void",
  "int",
  "ptr",
  "array",
  "struct",
  "union",
  "enum",
  "fwd",
  "typedef",
  "volatile",
  "const",
  "restrict",
  "func",
  "func_proto",
  "var",
  "datasec",
  "float",
  "decl_tag",
  "type_tag",
  "enum64",
] as const;

/** Kind of a type. */
export type BtfKind = (typeof btfKinds)[number];

/** A type. Which further properties it has follows from its `kind`. */
export type BtfType =
  | BtfVoid
  | BtfInt
  | BtfPtr
  | BtfArray
  | BtfStruct
  | BtfUnion
  | BtfEnum
  | BtfFwd
  | BtfTypedef
  | BtfVolatile
  | BtfConst
  | BtfRestrict
  | BtfFunc
  | BtfFuncProto
  | BtfVar
  | BtfDatasec
  | BtfFloat
  | BtfDeclTag
  | BtfTypeTag
  | BtfEnum64;

/** The type of kind `Kind`: `BtfTypeOf<"struct">` is {@link BtfStruct}. */
export type BtfTypeOf<Kind extends BtfKind> = Extract<BtfType, { kind: Kind }>;

/** What all types have. */
interface Common<Kind extends BtfKind> {
  readonly kind: Kind;
  readonly id: BtfTypeId;
  /** As in C, without `struct` before it; `""` where C has no name for it. */
  readonly name: string;
}

/** What has a size of its own, in bytes. */
interface Sized {
  readonly size: number;
}

/** What refers to one other type. */
interface Reference {
  readonly type: BtfTypeId;
}

/** No value at all; what a `void *` points to. Not stored in BTF: its id is always 0. */
export type BtfVoid = Common<"void">;

/** An integer, also `char` and `_Bool`. */
export interface BtfInt extends Common<"int">, Sized {
  /** How many of its bits count: `8 * size` but for bit-fields of compilers before 2019. */
  readonly bits: number;
  /** Number of the first bit that counts; 0 in practice. */
  readonly bitOffset: number;
  /** What BTF says it is. The kernel's plain `char` is `unsigned`, as its maker marks no characters. */
  readonly encoding: IntEncoding;
}

/** What an integer is for: `BTF_INT_SIGNED`, `BTF_INT_CHAR`, `BTF_INT_BOOL`, or none of them. */
export type IntEncoding = "unsigned" | "signed" | "char" | "bool";

/** A pointer to `type`. */
export interface BtfPtr extends Common<"ptr">, Reference {}

/** An array of `length` elements of `type`; a flexible one at the end of a struct has length 0. */
export interface BtfArray extends Common<"array">, Reference {
  readonly indexType: BtfTypeId;
  readonly length: number;
}

/** A struct. */
export interface BtfStruct extends Common<"struct">, Sized {
  readonly members: readonly BtfMember[];
}

/** A union. */
export interface BtfUnion extends Common<"union">, Sized {
  readonly members: readonly BtfMember[];
}

/** A member of a struct or union. */
export interface BtfMember extends Reference {
  /** `""` for an unnamed struct or union, whose members count as members of what it is in. */
  readonly name: string;
  /** Bits from the start of the struct. */
  readonly bitOffset: number;
  /** Bits of a bit-field; 0 when it is none. */
  readonly bitfieldSize: number;
}

/** An enumeration whose values fit 32 bits. */
export interface BtfEnum extends Common<"enum">, Sized {
  readonly signed: boolean;
  readonly values: readonly { readonly name: string; readonly value: number }[];
}

/** An enumeration with values of 64 bits. Linux 6.0. */
export interface BtfEnum64 extends Common<"enum64">, Sized {
  readonly signed: boolean;
  readonly values: readonly { readonly name: string; readonly value: bigint }[];
}

/** A struct or union that is declared and not defined: `struct foo;`. */
export interface BtfFwd extends Common<"fwd"> {
  readonly of: "struct" | "union";
}

/** Another name for `type`. */
export interface BtfTypedef extends Common<"typedef">, Reference {}

/** `type`, `volatile`. */
export interface BtfVolatile extends Common<"volatile">, Reference {}

/** `type`, `const`. */
export interface BtfConst extends Common<"const">, Reference {}

/** `type`, a pointer, `restrict`. */
export interface BtfRestrict extends Common<"restrict">, Reference {}

/** A function; `type` is its {@link BtfFuncProto}. */
export interface BtfFunc extends Common<"func">, Reference {
  readonly linkage: Linkage;
}

/** Who can see a function or variable: `BTF_FUNC_…`, `BTF_VAR_…`. */
export type Linkage = "static" | "global" | "extern";

/** What a function takes and returns; `type` is what it returns. */
export interface BtfFuncProto extends Common<"func_proto">, Reference {
  readonly parameters: readonly BtfParameter[];
  /** Whether further arguments may follow, `...` in C; they are not among the parameters. */
  readonly variadic: boolean;
}

/** A parameter of a function; its name is `""` where only the type is known. */
export interface BtfParameter extends Reference {
  readonly name: string;
}

/** A global variable. */
export interface BtfVar extends Common<"var">, Reference {
  readonly linkage: Linkage;
}

/** A section of an object file with the variables in it. */
export interface BtfDatasec extends Common<"datasec">, Sized {
  readonly variables: readonly BtfSectionVariable[];
}

/** Where a variable lies in its section; `type` is a {@link BtfVar}. */
export interface BtfSectionVariable extends Reference, Sized {
  /** Bytes from the start of the section. */
  readonly offset: number;
}

/** A floating point number. Linux 5.13. */
export interface BtfFloat extends Common<"float">, Sized {}

/** A word attached to a declaration; `name` is the word. Linux 5.16. */
export interface BtfDeclTag extends Common<"decl_tag">, Reference {
  /** Number of the member or parameter it is attached to; `undefined` when to all of `type`. */
  readonly component: number | undefined;
  /** Whether `name` is an attribute by itself instead of the text in `btf_decl_tag("…")`. Linux 6.15. */
  readonly attribute: boolean;
}

/** A word attached to a type; `name` is the word: `user`, `percpu`, `rcu`. Linux 5.17. */
export interface BtfTypeTag extends Common<"type_tag">, Reference {
  /** Whether `name` is an attribute by itself instead of the text in `btf_type_tag("…")`. Linux 6.15. */
  readonly attribute: boolean;
}
