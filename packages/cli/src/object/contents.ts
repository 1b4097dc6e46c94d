/**
 * What is in an object file, as plain data: what `object inspect` tells programs, and makes its text of.
 * @module
 */
import type { GlobalSpec, MapSpec, ProgramSpec, StructOpsSpec } from "ts-ebpf";
import { type ElfFile, findSection, readElf } from "ts-ebpf/elf";
import type { Layout } from "ts-ebpf/layout";
import { isUnnamedVariable } from "ts-ebpf/object";
import { slotsOf } from "../program-file/slots.ts";
import type { OpenedObject } from "./read-file.ts";

/** What is in an object file. */
export interface ObjectContents {
  readonly file: string;
  readonly bytes: number;
  readonly byteOrder: "little" | "big";
  readonly license: string;
  readonly programs: readonly ProgramContents[];
  readonly maps: readonly MapContents[];
  readonly variables: readonly VariableContents[];
  /** Settings of the kernel's build that programs read. */
  readonly settings: readonly SettingContents[];
  /** What programs use of the kernel by name. */
  readonly externs: readonly ExternContents[];
  readonly structOps: readonly StructOpsContents[];
  readonly sections: readonly SectionContents[];
  /** How many relocations there are for the kernel's types. */
  readonly relocations: number;
}

/** A program. */
export type ProgramContents = Pick<
  ProgramSpec,
  "name" | "type" | "section" | "flags" | "target"
> & {
  /** In slots of 8 bytes. */
  readonly instructions: number;
  readonly functions: readonly string[];
  readonly relocations: number;
  /** Whether it is loaded when nothing else is said. */
  readonly autoload: boolean;
  readonly refusal?: string | undefined;
};

/** A map. */
export type MapContents = Pick<MapSpec, "name" | "type" | "maxEntries" | "flags" | "pinning"> & {
  readonly key?: TypeContents | undefined;
  readonly value?: TypeContents | undefined;
};

/** A type of C. */
export interface TypeContents {
  readonly type: string;
  readonly size: number;
}

/** A variable. */
export interface VariableContents extends TypeContents {
  readonly name: string;
  readonly section: string | undefined;
  /** Whether programs only read it. */
  readonly constant: boolean;
}

/** A setting. */
export interface SettingContents {
  readonly name: string;
  readonly type: string;
  readonly weak: boolean;
}

/** A function or variable of the kernel. */
export interface ExternContents {
  readonly name: string;
  readonly kind: string;
  readonly weak: boolean;
  readonly usedBy: readonly string[];
}

/** A struct of functions. */
export type StructOpsContents = Pick<StructOpsSpec, "name" | "type" | "registration"> & {
  readonly functions: readonly string[];
};

/** A section of the file. */
export interface SectionContents {
  readonly name: string;
  readonly type: string | number;
  readonly size: number;
}

/** What is in `object`. */
export function contentsOf({
  path,
  bytes,
  programs,
  maps,
  structOps,
}: OpenedObject): ObjectContents {
  const elf = readElf(bytes, path);
  const globals = maps.filter((map) => "variable" in map);
  return {
    file: path,
    bytes: bytes.length,
    byteOrder: elf.byteOrder,
    license: programs[0]?.license ?? licenseIn(elf),
    programs: programs.map(programContents),
    maps: maps.filter((map) => !("variable" in map)).map(mapContents),
    variables: globals
      .filter((variable) => variable.setting === undefined && !isUnnamedVariable(variable))
      .map(variableContents),
    settings: globals.flatMap(settingContents),
    externs: externContents(programs),
    structOps: structOps.map(structOpsContents),
    sections: elf.sections
      .filter(({ name }) => name !== "")
      .map(({ name, type, size }) => ({ name, type, size })),
    relocations: programs.reduce((sum, { relocations = [] }) => sum + relocations.length, 0),
  };
}

/** What a file without programs says, as far as its first zero byte. */
function licenseIn(elf: ElfFile): string {
  const { bytes = new Uint8Array() } = findSection(elf, "license") ?? {};
  return Buffer.from(bytes)
    .toString("latin1")
    .replace(/\0[^]*/, "");
}

function programContents(program: ProgramSpec): ProgramContents {
  const { name, type, section, flags, target, functions = [], autoload = true } = program;
  return {
    name,
    type,
    section,
    flags,
    target,
    instructions: slotsOf(program.instructions),
    functions: functions.map((each) => each.name),
    relocations: program.relocations?.length ?? 0,
    autoload,
    refusal: program.refusal,
  } as ProgramContents;
}

function mapContents(map: MapSpec): MapContents {
  const { name, type, maxEntries, flags, pinning } = map;
  const { key, value } = map as Partial<Record<"key" | "value", Layout<unknown>>>;
  const types = { key: typeContents(key), value: typeContents(value) };
  return { name, type, maxEntries, flags, ...(pinning === undefined ? {} : { pinning }), ...types };
}

function typeContents(layout: Layout<unknown> | undefined): TypeContents | undefined {
  if (layout === undefined || layout.size === 0) return undefined;
  return { type: layout.name, size: layout.size };
}

function variableContents(spec: GlobalSpec<unknown>): VariableContents {
  const { name, layout, within, variable } = spec;
  const constant = variable === "config";
  return { name, type: layout.name, size: layout.size, section: within?.section, constant };
}

function settingContents({ name, setting }: GlobalSpec<unknown>): readonly SettingContents[] {
  return setting === undefined ? [] : [{ name, type: setting.type, weak: setting.weak }];
}

function externContents(programs: readonly ProgramSpec[]): readonly ExternContents[] {
  const found = new Map<string, ExternContents>();
  for (const program of programs) {
    for (const { name, kind, weak } of program.externs ?? []) {
      const usedBy = [...(found.get(name)?.usedBy ?? []), program.name];
      found.set(name, { name, kind, weak, usedBy });
    }
  }
  return [...found.values()];
}

function structOpsContents(spec: StructOpsSpec): StructOpsContents {
  const { name, type, registration, programs } = spec;
  return { name, type, registration, functions: Object.keys(programs) };
}
