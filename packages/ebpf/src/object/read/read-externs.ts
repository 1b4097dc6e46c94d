/**
 * Reading what an object file uses and does not define: functions and variables of the kernel, and its settings.
 *
 * The types list them in two sections that have no bytes: `.ksyms` for what the kernel has, `.kconfig` for settings.
 * What is declared without a type, or in a file without types, is known by its address only.
 * @module
 */
import type { Btf } from "../../btf/btf.ts";
import { resolveType } from "../../btf/resolve.ts";
import type { BtfType } from "../../btf/type.ts";
import type { ElfSymbol } from "../../elf/elf.ts";
import type { ProgramExtern } from "../../spec/program-spec.ts";
import { complain, type ObjectParts } from "./parts.ts";

/** What programs use and the file does not define. */
export interface ReadExterns {
  /**
   * A function that is called.
   * @throws {MalformedError} when it is not declared as one of the kernel's.
   */
  readonly function: (symbol: ElfSymbol) => ProgramExtern;
  /** What the address is taken of. */
  readonly address: (symbol: ElfSymbol) => ProgramExtern;
  /** Whether it is a setting of the kernel. */
  readonly setting: (name: string) => boolean;
}

/** What the types of the file declare. */
export function readExterns(parts: ObjectParts): ReadExterns {
  const declared = declarations(parts, ".ksyms");
  const settings = declarations(parts, ".kconfig");
  const made = new Map<string, ProgramExtern>();
  const extern = (symbol: ElfSymbol, untyped: ProgramExtern["kind"]): ProgramExtern => {
    const { name, binding } = symbol;
    const known = made.get(name);
    if (known !== undefined) return known;
    const type = declared.get(name);
    if (parts.btf !== undefined && type === undefined) undeclared(parts, symbol);
    const kind = parts.btf && type ? kindOf(parts.btf, type) : untyped;
    const local = kind === "address" ? {} : typeOf(parts.btf, type);
    const fresh = Object.freeze({ name, kind, weak: binding === "weak", ...local });
    made.set(name, fresh);
    return fresh;
  };
  return {
    function: (symbol) => extern(symbol, "function"),
    address: (symbol) => extern(symbol, "address"),
    setting: (name) => settings.has(name),
  };
}

function undeclared(parts: ObjectParts, { name }: ElfSymbol): never {
  return complain(
    parts,
    [`symbol ${name}`],
    "it is used and not defined: link the object that defines it, or declare it with __ksym or __kconfig",
  );
}

function declarations({ btf }: ObjectParts, section: string): ReadonlyMap<string, BtfType> {
  const list = btf?.findByName(section, "datasec")?.variables ?? [];
  const types = list.map(({ type }) => btf!.typeById(type));
  return new Map(types.map((type) => [type.name, type]));
}

function typeOf(btf: Btf | undefined, declared: BtfType | undefined): Pick<ProgramExtern, "local"> {
  if (btf === undefined || (declared?.kind !== "func" && declared?.kind !== "var")) return {};
  return { local: { types: btf, type: declared.type } };
}

function kindOf(btf: Btf, type: BtfType): ProgramExtern["kind"] {
  if (type.kind === "func") return "function";
  return type.kind === "var" && resolveType(btf, type.type).kind !== "void"
    ? "variable"
    : "address";
}
