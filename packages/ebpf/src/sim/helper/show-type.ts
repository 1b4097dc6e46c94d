/**
 * Values as the kernel shows them by their types, for `bpf_snprintf_btf` and `bpf_seq_printf_btf` (kernel/bpf/btf.c).
 *
 * What is zero is left out, but at the top; of a struct or array within another one that has to be known before its first line
 * is written, so that it is gone through twice. Pointers are shown as they are, where the kernel shows a hash.
 * @module
 */
import { viewOf } from "../../base/bytes.ts";
import type { Btf } from "../../btf/btf.ts";
import type {
  BtfArray,
  BtfEnum,
  BtfEnum64,
  BtfInt,
  BtfMember,
  BtfStruct,
  BtfType,
  BtfTypeId,
  BtfUnion,
} from "../../btf/type.ts";
import { btfKinds } from "../../btf/type.ts";

/** Flags of the helpers: `BTF_F_…` of include/uapi/linux/bpf.h. */
export const showFlags = { compact: 1n, noName: 2n, rawPointers: 4n, zero: 8n } as const;

/** Deepest nesting of pointers, arrays and typedefs, longest name, most blanks in front. */
const [mostNesting, longestName, mostBlanks] = [10, 79, 32];

/** A type with qualifiers and other names taken off, and what it was called. */
interface Shown {
  readonly type: BtfType;
  readonly named: BtfTypeId;
}

/** The value of a type that lies in `bytes`, as text of Latin-1. */
export function showType(btf: Btf, id: BtfTypeId, bytes: Uint8Array, flags: bigint): string {
  const show = new Show(btf, flags);
  show.value(id, bytes);
  return show.text;
}

class Show {
  text = "";
  readonly #btf: Btf;
  readonly #flags: bigint;
  #depth = 0;
  #member: BtfMember | undefined;
  #isElement = false;
  /** Elements are characters; they end with the first zero. */
  #characters: "none" | "some" | "ended" = "none";
  /** While it is found out whether there is anything to show: from which depth, and what was found so far. */
  #checking = 0;
  #deepest = 0;
  /** What the value is of that is shown now. */
  #kind: BtfType["kind"] | undefined;

  constructor(btf: Btf, flags: bigint) {
    this.#btf = btf;
    this.#flags = flags;
  }

  value(named: BtfTypeId, bytes: Uint8Array): void {
    const type = this.#btf.resolve(named);
    const shown: Shown = { type, named };
    this.#kind = type.kind;
    if (type.kind === "struct" || type.kind === "union" || type.kind === "array")
      this.#whole(shown, bytes);
    else if (type.kind === "int") this.#integer(type, named, bytes);
    else if (type.kind === "enum" || type.kind === "enum64") this.#enumerator(type, named, bytes);
    else if (type.kind === "ptr") {
      const address = viewOf(bytes).getBigUint64(0, true);
      this.#line(named, address !== 0n, `0x${address.toString(16).padStart(16, "0")}`);
    } else this.#write(`<unsupported kind:${btfKinds.indexOf(type.kind)}>`);
    this.#kind = undefined;
  }

  #has(flag: keyof typeof showFlags): boolean {
    return (this.#flags & showFlags[flag]) !== 0n;
  }

  /** A struct, union or array: nothing where all in it is zero. */
  #whole(shown: Shown, bytes: Uint8Array): void {
    if (this.#depth > 0 && !this.#has("zero")) {
      const member = this.#member;
      if (this.#checking === 0) {
        this.#checking = this.#depth + 1;
        this.#deepest = 0;
      }
      this.#parts(shown, bytes);
      this.#member = member;
      if (this.#checking !== this.#depth + 1) return;
      this.#checking = 0;
      if (this.#deepest <= this.#depth) return;
    }
    this.#parts(shown, bytes);
  }

  #parts({ type, named }: Shown, bytes: Uint8Array): void {
    this.#kind = type.kind;
    this.#write(`${this.#indent}${this.#name(named)}${this.#newline}`);
    this.#depth += 1;
    if (type.kind === "array") this.#elements(type, bytes);
    else this.#members(type as BtfStruct | BtfUnion, bytes);
    this.#depth -= 1;
    this.#kind = type.kind === "array" ? this.#kind : undefined;
    this.#write(
      `${this.#indent}${type.kind === "array" ? "]" : "}"}${this.#delimiter}${this.#newline}`,
    );
  }

  #members({ members }: BtfStruct | BtfUnion, bytes: Uint8Array): void {
    for (const member of members) {
      this.#member = member;
      const { bitOffset, bitfieldSize, type } = member;
      if (bitfieldSize === 0) this.value(type, bytes.subarray(bitOffset >> 3));
      else {
        const bits = bitsOf(bytes, bitOffset, bitfieldSize);
        this.#kind = this.#btf.typeById(type).kind;
        this.#line(type, bits !== 0n, `0x${bits.toString(16)}`);
        this.#kind = undefined;
      }
      this.#member = undefined;
    }
  }

  #elements({ type: id, length }: BtfArray, bytes: Uint8Array): void {
    const element = this.#btf.resolve(id);
    const size = "size" in element ? element.size : 0;
    const isText = element.kind === "int" && size === 1;
    this.#characters = isText ? "some" : "none";
    for (let index = 0; index < length; index++) {
      this.#isElement = true;
      this.#member = undefined;
      this.value(id, bytes.subarray(index * size));
      this.#isElement = false;
      // Read anew: showing the element may have changed it.
      if ((this.#characters as string) === "ended") break;
    }
    this.#characters = "none";
  }

  #integer(type: BtfInt, named: BtfTypeId, bytes: Uint8Array): void {
    const { bits, encoding } = type;
    if (bits === 8 && this.#characters !== "none") {
      const character = bytes[0]!;
      if (this.#characters === "ended") return;
      if (character === 0) {
        this.#characters = "ended";
        return;
      }
      if (isPrintable(character)) {
        this.#line(named, true, `'${String.fromCharCode(character)}'`);
        return;
      }
    }
    const number = bitsOf(bytes, 0, bits);
    const isPlain = bits === 8 || bits === 16 || bits === 32 || bits === 64;
    const text = isPlain
      ? String(encoding === "signed" ? BigInt.asIntN(bits, number) : number)
      : `0x${number.toString(16)}`;
    this.#line(named, number !== 0n, text);
  }

  #enumerator(type: BtfEnum | BtfEnum64, named: BtfTypeId, bytes: Uint8Array): void {
    const bits = type.kind === "enum" ? 32 : 64;
    const raw = bitsOf(bytes, 0, Math.min(bits, 8 * bytes.length));
    const values: readonly { readonly name: string; readonly value: number | bigint }[] =
      type.values;
    const found = values.find(({ value }) => BigInt.asUintN(bits, BigInt(value)) === raw);
    const number = type.signed ? BigInt.asIntN(bits, raw) : raw;
    this.#line(named, found !== undefined || raw !== 0n, found?.name ?? String(number));
  }

  /** A value without parts, where it is shown. */
  #line(named: BtfTypeId, isSome: boolean, text: string): void {
    if (!isSome && !this.#has("zero") && this.#depth > 0) return;
    this.#write(`${this.#indent}${this.#name(named)}${text}${this.#delimiter}${this.#newline}`);
    this.#deepest = Math.max(this.#deepest, this.#depth);
  }

  #write(text: string): void {
    if (this.#checking === 0) this.text += text;
  }

  get #indent(): string {
    return this.#has("compact") ? "" : " ".repeat(Math.min(this.#depth, mostBlanks));
  }

  get #newline(): string {
    return this.#has("compact") ? "" : "\n";
  }

  get #delimiter(): string {
    if (this.#depth === 0) return "";
    return this.#has("compact") && this.#kind === "union" ? "|" : ",";
  }

  /** `.member = (struct type *)`, and the bracket that opens. */
  #name(of: BtfTypeId): string {
    if (this.#isElement) return "";
    const member = this.#member?.name ?? "";
    const { text, bracket } = castOf(this.#btf, this.#member?.type ?? of);
    if (this.#has("noName")) return bracket;
    const front = member === "" ? "" : `.${member} = `;
    return `${front}(${text})${bracket}`.slice(0, longestName);
  }
}

const prefixes: { readonly [Kind in BtfType["kind"]]?: string } = {
  struct: "struct",
  union: "union",
  enum: "enum",
  enum64: "enum",
};

/** How C calls a type, and the bracket that opens a value of it. */
function castOf(btf: Btf, id: BtfTypeId): { readonly text: string; readonly bracket: string } {
  let name: string | undefined;
  let [pointers, arrays] = ["", ""];
  let type = btf.typeById(id);
  for (let step = 0; step < mostNesting; step++) {
    if (type.kind === "typedef") name ??= type.name;
    else if (type.kind === "array") arrays += "[]";
    else if (type.kind === "ptr") pointers += "*";
    else break;
    if (type.type === 0) break;
    type = withoutQualifiers(btf, type.type);
  }
  const isWhole = type.kind === "struct" || type.kind === "union";
  const opening = arrays !== "" ? "[" : isWhole ? "{" : "";
  const prefix = name === undefined ? (prefixes[type.kind] ?? "") : "";
  // What is void has no name there.
  const plain = name ?? (type.kind === "void" ? "" : type.name);
  const words = [prefix, plain].filter((it) => it !== "").join(" ");
  const text = `${words}${pointers === "" ? "" : ` ${pointers}`}${arrays}`;
  return { text, bracket: pointers === "" ? opening : "" };
}

function withoutQualifiers(btf: Btf, id: BtfTypeId): BtfType {
  let type = btf.typeById(id);
  while (type.kind === "const" || type.kind === "volatile" || type.kind === "restrict")
    type = btf.typeById(type.type);
  return type;
}

/** As `isprint` of the kernel, which has the characters of Latin-1 (lib/ctype.c). */
function isPrintable(character: number): boolean {
  return (character >= 0x20 && character < 0x7f) || character >= 0xa0;
}

/** Bits of a number in memory, from a place on. */
function bitsOf(bytes: Uint8Array, offset: number, count: number): bigint {
  let number = 0n;
  const [first, last] = [offset >> 3, (offset + count - 1) >> 3];
  for (let index = last; index >= first; index--) number = (number << 8n) | BigInt(bytes[index]!);
  return BigInt.asUintN(count, number >> BigInt(offset & 7));
}
