/**
 * Reading the types of an object file for the kernel.
 *
 * They stay as the compiler wrote them, but for what only somebody knows who has the whole file: where variables lie in
 * their sections and how large those are, which functions are hidden, and that nothing is `extern` any more.
 * Source: `btf_fixup_datasec` and `bpf_object__collect_externs` in tools/lib/bpf/libbpf.c.
 * @module
 */
import type { Btf } from "../../btf/btf.ts";
import { voidId, type BtfKind, type BtfTypeId } from "../../btf/type.ts";
import type { BtfTypeData, BtfTypeDataOf } from "../../btf/write/type-data.ts";
import { BtfWriter } from "../../btf/write/writer.ts";
import { findSection } from "../../elf/tables.ts";
import type { FileTypes } from "../../spec/file-types.ts";
import { placesOfGlobals, type ObjectParts } from "./parts.ts";
import { readSettings } from "./read-settings.ts";

/** The types of the file; `undefined` when it has none, or is for other machines. */
export function readFileTypes(parts: ObjectParts): FileTypes | undefined {
  const { btf, foreign } = parts;
  return btf === undefined || foreign ? undefined : { writer: () => writerOf(parts, btf) };
}

function writerOf(parts: ObjectParts, btf: Btf): BtfWriter {
  const writer = new BtfWriter({ texts: btf, byteOrder: btf.byteOrder });
  const task = taskOf(parts, btf);
  for (let id = btf.firstId; id < task.int; id = (id + 1) as BtfTypeId) {
    // Most of them are structs, which stay as they are.
    if (!changing.has(btf.kindOf(id))) writer.addStored(btf, id);
    else writer.add(fixed(btf.typeById(id) as StoredType, task));
  }
  writer.add(int);
  writer.add({ kind: "var", name: "dummy_ksym", type: task.int, linkage: "global" });
  return writer;
}

/** Kinds of which something may have to be mended. */
const changing: ReadonlySet<BtfKind | undefined> = new Set([
  "func",
  "var",
  "func_proto",
  "datasec",
]);

const int: BtfTypeData = {
  kind: "int",
  name: "int",
  size: 4,
  bits: 32,
  bitOffset: 0,
  encoding: "signed",
};

interface Task {
  readonly parts: ObjectParts;
  readonly btf: Btf;
  /** Ids of the two types behind those of the file: what stands for anything of the kernel's, and a variable of that. */
  readonly int: BtfTypeId;
  readonly dummy: BtfTypeId;
  /** What is declared as the kernel's: variables and functions, and what functions take. */
  readonly externs: ReadonlySet<number>;
  readonly prototypes: ReadonlySet<number>;
  /** Functions that are global only inside the file. */
  readonly hidden: ReadonlySet<string>;
}

function taskOf(parts: ObjectParts, btf: Btf): Task {
  const end = btf.firstId + btf.typeCount;
  const listed = btf.findByName(".ksyms", "datasec")?.variables ?? [];
  const prototypes = listed.flatMap(({ type }) => {
    const declared = btf.typeById(type);
    return declared.kind === "func" ? [declared.type] : [];
  });
  const hidden = parts.symbols.filter(({ visibility }) => {
    return visibility === "hidden" || visibility === "internal";
  });
  return {
    parts,
    btf,
    int: end as BtfTypeId,
    dummy: (end + 1) as BtfTypeId,
    externs: new Set(listed.map(({ type }) => type)),
    prototypes: new Set(prototypes),
    hidden: new Set(hidden.map(({ name }) => name)),
  };
}

type StoredType = BtfTypeData & { readonly id: BtfTypeId };

function fixed(type: StoredType, task: Task): BtfTypeData {
  if (type.kind === "func") {
    const isStatic = type.linkage === "static" || task.hidden.has(type.name);
    return { ...type, linkage: isStatic ? "static" : "global" };
  }
  if (type.kind === "var") {
    const of = task.externs.has(type.id) ? task.int : type.type;
    return { ...type, type: of, linkage: type.linkage === "extern" ? "global" : type.linkage };
  }
  if (type.kind === "func_proto" && task.prototypes.has(type.id)) return withNames(type);
  return type.kind === "datasec" ? placed(type, task) : type;
}

/** Declarations may leave names of parameters out, functions of which the kernel is told may not. */
function withNames(type: BtfTypeDataOf<"func_proto">): BtfTypeData {
  const parameters = type.parameters.map(({ name, type: of }, index) => {
    return { name: name === "" && of !== voidId ? `arg${index}` : name, type: of };
  });
  return { ...type, parameters };
}

/** The section with its size, and its variables where they lie. */
function placed(type: BtfTypeDataOf<"datasec">, task: Task): BtfTypeData {
  if (type.name === ".ksyms") return ofKernel(type, task);
  const { parts, btf } = task;
  const isSettings = type.name === ".kconfig";
  const section = findSection(parts.file, type.name);
  const settings = isSettings ? readSettings(parts) : new Map<string, never>();
  const places = section ? placesOfGlobals(parts, section) : new Map<string, number>();
  const variables = type.variables.map((variable) => {
    const { name } = btf.typeById(variable.type);
    const offset = settings.get(name)?.within?.offset ?? places.get(name) ?? variable.offset;
    return { ...variable, offset };
  });
  const size = isSettings
    ? Math.max(0, ...settings.values().map(({ within }) => within?.size ?? 0))
    : (section?.size ?? type.size);
  return {
    ...type,
    size,
    variables: variables.toSorted((left, right) => left.offset - right.offset),
  };
}

/** What the kernel has, one behind the other. Functions are no variables, so a variable stands for each. */
function ofKernel(type: BtfTypeDataOf<"datasec">, { btf, dummy }: Task): BtfTypeData {
  const variables = type.variables.map((variable, index) => {
    const isVariable = btf.typeById(variable.type).kind === "var";
    return { type: isVariable ? variable.type : dummy, offset: 4 * index, size: 4 };
  });
  return { ...type, size: 4 * variables.length, variables };
}
