/**
 * BTF as a header of C: `vmlinux.h`.
 *
 * C wants things declared before they are used: a struct before one that contains it, its name before a pointer to it. So
 * what a type needs is printed first, and a pointer needs nothing more of a struct than its name; that ends every
 * circle. What split BTF needs of its base stands in a part of its own, for who does not have the header of the base.
 * Functions are not printed, but for those that programs may call.
 * @module
 */
import type { Btf } from "../btf.ts";
import { failType } from "../resolve.ts";
import { signatureOf } from "../signature.ts";
import type { BtfKind, BtfType, BtfTypeId, BtfTypeOf } from "../type.ts";
import { builtIn, CNames, type HeaderPart } from "./c-names.ts";
import { aliasOf } from "./c-scalars.ts";
import { CText } from "./c-text.ts";

/** Options of {@link printC}. */
export interface PrintCOptions {
  /**
   * Name of the macro that keeps the header from being read twice; when left out `__VMLINUX_H__`, and for split BTF one
   * that is made of what it is called.
   */
  readonly guard?: string;
  /**
   * Names or ids of the types that are wanted; all types, and the functions that programs may call, when left out. What a
   * wanted type contains is printed before it, while of what it points to only the name is.
   */
  readonly types?: readonly (string | BtfTypeId)[] | undefined;
}

/**
 * A header with all types of `btf` or some that compiles for programs (`clang -target bpf`): offsets and sizes are those of
 * BTF, and accesses to structs are CO-RE unless `BPF_NO_PRESERVE_ACCESS_INDEX` is defined. Types of one name are told
 * apart by `___2` and so on behind it. Of the base of split BTF it has what is needed; behind the header of the base,
 * `vmlinux.h`, it leaves that out.
 * @throws MalformedError when a type is damaged.
 * @throws InvalidArgumentError when there is no type of a name or id in `types`.
 */
export function printC(
  btf: Btf,
  { guard = guardOf(btf), types: wanted }: PrintCOptions = {},
): string {
  const printer = new CPrinter(btf);
  if (wanted === undefined) printer.printTypes();
  else printer.printWanted(wanted);
  const types = printer.take();
  if (wanted === undefined) printer.printKfuncs();
  const kfuncs = printer.take();
  const base = printer.takeBase();
  return [
    `#ifndef ${guard}\n#define ${guard}\n\n`,
    "#ifndef BPF_NO_PRESERVE_ACCESS_INDEX\n",
    "#pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)\n",
    "#endif\n\n",
    base === "" ? "" : `#ifndef ${kernelGuard}\n\n${base}#endif /* ${kernelGuard} */\n\n`,
    types,
    "#ifndef BPF_NO_PRESERVE_ACCESS_INDEX\n#pragma clang attribute pop\n#endif\n",
    kfuncs === "" ? "" : `\n#ifndef BPF_NO_KFUNC_PROTOTYPES\n${kfuncs}#endif\n`,
    `\n#endif /* ${guard} */\n`,
  ].join("");
}

/** The macro of `vmlinux.h`, whoever printed it. */
const kernelGuard = "__VMLINUX_H__";

function guardOf({ base, path }: Btf): string {
  if (base === undefined) return kernelGuard;
  return `__BTF_${path.toUpperCase().replaceAll(/[^A-Z0-9]+/g, "_")}_H__`;
}

/** What is needed of a type: all of it, or that its name is known. */
type Need = "defined" | "declared";

/** Prints types, each once and after what it needs. */
class CPrinter {
  readonly #btf: Btf;
  readonly #names: CNames;
  readonly #text: Readonly<Record<HeaderPart, CText>>;
  /** What was printed of the base, and of what goes on from it. */
  readonly #output: Record<HeaderPart, string[]> = { base: [], own: [] };
  /** Names of structs and unions that were declared or defined. */
  readonly #declared: Record<HeaderPart, Set<string>> = { base: new Set(), own: new Set() };
  /** Ids whose definition was begun. */
  readonly #begun = new Set<number>();
  /** Ids of types without a name, and of typedefs that were needed whole, whose parts were looked at. */
  readonly #seen = new Set<number>();
  #depth = 0;

  constructor(btf: Btf) {
    this.#btf = btf;
    this.#names = new CNames(btf);
    this.#text = {
      base: new CText(btf, this.#names, "base"),
      own: new CText(btf, this.#names, "own"),
    };
  }

  /** What was printed since the last time, but for types of the base. */
  take(): string {
    const text = this.#output.own.join("");
    this.#output.own = [];
    return text;
  }

  /** All that was printed of types of the base: these need nothing but each other. */
  takeBase(): string {
    return this.#output.base.join("");
  }

  /** All types that have a name, and enums without one that nothing else prints. */
  printTypes(): void {
    const used = this.#usedEnums();
    for (const type of this.#btf.types()) {
      const isRoot = roots.has(type.kind) && type.name !== "";
      const isLooseEnum = isEnum(type) && type.name === "" && !used.has(type.id);
      if (isRoot || isLooseEnum) this.#need(type.id, type.kind === "fwd" ? "declared" : "defined");
      if (isLooseEnum) this.#print(type.id, (text) => text.enum(type));
    }
  }

  /** The types of the given names and ids, with what they need. All that have a name are meant by it. */
  printWanted(wanted: readonly (string | BtfTypeId)[]): void {
    for (const one of wanted) {
      for (const type of typeof one === "string" ? this.#named(one) : [this.#btf.typeById(one)]) {
        this.#need(type.id, "defined");
      }
    }
  }

  /** The types called `name` that a header can have. */
  #named(name: string): readonly BtfType[] {
    const found = this.#btf.findAll(name).filter(({ kind }) => roots.has(kind));
    return found.length > 0 ? found : [this.#btf.typeByName(name, "struct")];
  }

  /** Prototypes of the functions that programs may call. */
  printKfuncs(): void {
    const printed = new Set<string>();
    for (const { name, type } of this.#btf.types("decl_tag")) {
      if (name !== "bpf_kfunc") continue;
      const func = this.#btf.typeById(type);
      if (func.kind !== "func" || printed.has(func.name)) continue;
      printed.add(func.name);
      const { parameters, returnType } = signatureOf(this.#btf, func.id);
      for (const needed of [returnType, ...parameters.map((one) => one.type)]) {
        this.#need(needed, "declared");
      }
      const attributes = '__attribute__((weak)) __attribute__((section(".ksyms")))';
      this.#print(func.id, (text) => `extern ${text.declare(func.id, "")} ${attributes}`);
    }
  }

  /** Ids of the enums without a name that are the type of something printed. */
  #usedEnums(): ReadonlySet<number> {
    const used = new Set<number>();
    for (const kind of ["typedef", "const", "volatile", "ptr", "array"] as const) {
      for (const { type } of this.#btf.types(kind)) used.add(type);
    }
    for (const kind of ["struct", "union"] as const) {
      for (const { members } of this.#btf.types(kind))
        for (const { type } of members) used.add(type);
    }
    return used;
  }

  #need(id: number, need: Need): void {
    if (++this.#depth > deepest) this.#failTooDeep(id);
    const type = this.#btf.typeById(id);
    (this.#needs[type.kind] as (type: BtfType, need: Need) => void)(type, need);
    this.#depth--;
  }

  readonly #needs: { readonly [K in BtfKind]: (type: BtfTypeOf<K>, need: Need) => void } = {
    void: nothing,
    int: (type) => this.#needNumber(type),
    float: (type) => this.#needNumber(type),
    const: ({ type }, need) => this.#need(type, need),
    volatile: ({ type }, need) => this.#need(type, need),
    restrict: ({ type }, need) => this.#need(type, need),
    type_tag: ({ type }, need) => this.#need(type, need),
    ptr: ({ id, type }) => this.#once(id, () => this.#need(type, "declared")),
    array: ({ id, type }) => this.#once(id, () => this.#need(type, "defined")),
    func_proto: ({ id, type, parameters }) =>
      this.#once(id, () => {
        for (const needed of [type, ...parameters.map((one) => one.type)]) {
          this.#need(needed, "declared");
        }
      }),
    fwd: ({ id, of }) => this.#declare(id, `${of} ${this.#names.of(id)}`),
    struct: (type, need) => this.#needComposite(type, need),
    union: (type, need) => this.#needComposite(type, need),
    enum: (type) => this.#needEnum(type),
    enum64: (type) => this.#needEnum(type),
    typedef: (type, need) => this.#needTypedef(type, need),
    func: nothing,
    var: nothing,
    datasec: nothing,
    decl_tag: nothing,
  };

  #needNumber(type: BtfTypeOf<"int" | "float">): void {
    const alias = aliasOf(type);
    if (alias === undefined) return;
    this.#once(type.id, () => {
      this.#print(type.id, () => `typedef ${alias} ${this.#names.of(type.id)}`);
    });
  }

  #needComposite(type: BtfTypeOf<"struct" | "union">, need: Need): void {
    const name = this.#names.of(type.id);
    if (name === "") return this.#once(type.id, () => this.#needMembers(type));
    const tag = `${type.kind} ${name}`;
    if (need === "declared") return this.#declare(type.id, tag);
    if (this.#begun.has(type.id)) return undefined;
    this.#begun.add(type.id);
    this.#needMembers(type);
    this.#declared[this.#partOf(type.id)].add(tag);
    return this.#print(type.id, (text) => text.composite(type));
  }

  #needMembers({ members }: BtfTypeOf<"struct" | "union">): void {
    for (const { type } of members) this.#need(type, "defined");
  }

  #needEnum(type: BtfTypeOf<"enum" | "enum64">): void {
    if (type.name === "" || this.#begun.has(type.id)) return;
    this.#begun.add(type.id);
    this.#print(type.id, (text) => text.enum(type));
  }

  #needTypedef({ id, name, type }: BtfTypeOf<"typedef">, need: Need): void {
    if (!this.#begun.has(id)) {
      this.#begun.add(id);
      this.#need(type, "declared");
      if (!builtIn.has(name))
        this.#print(id, (text) => `typedef ${text.declare(type, this.#names.of(id))}`);
    }
    if (need === "defined") this.#once(id, () => this.#need(type, "defined"));
  }

  /** Does `work` the first time it is asked for `id`: types without names can lead round in a circle by a pointer. */
  #once(id: number, work: () => void): void {
    if (this.#seen.has(id)) return;
    this.#seen.add(id);
    work();
  }

  #failTooDeep(id: number): never {
    failType(this.#btf, id, "it takes too many types that contain each other");
  }

  #declare(id: number, tag: string): void {
    const part = this.#partOf(id);
    // The base comes first, so what is declared there is declared for all.
    if (this.#declared.base.has(tag) || this.#declared[part].has(tag)) return;
    this.#declared[part].add(tag);
    this.#print(id, () => tag);
  }

  #print(id: number, declare: (text: CText) => string): void {
    const part = this.#partOf(id);
    this.#output[part].push(`${declare(this.#text[part])};\n\n`);
  }

  #partOf(id: number): HeaderPart {
    return id < this.#btf.firstId ? "base" : "own";
  }
}

/** How many types may need each other in a row. A kernel's do so some ten times. */
const deepest = 1000;

function nothing(): void {}

const roots: ReadonlySet<BtfKind> = new Set([
  "struct",
  "union",
  "enum",
  "enum64",
  "typedef",
  "fwd",
]);

function isEnum(type: BtfType): type is BtfTypeOf<"enum" | "enum64"> {
  return type.kind === "enum" || type.kind === "enum64";
}
