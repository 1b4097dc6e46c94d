/**
 * Declarations of what is in an object file, for TypeScript: programs, maps with their keys and values, and variables.
 *
 * They are types of specs, those that specs written in TypeScript have by themselves; what is known of live objects follows
 * from them. Nothing of them is there at run time, and nothing is generated but types.
 * @module
 */
import { plural } from "../../base/text.ts";
import { propertyName } from "../../btf/print/typescript-type.ts";
import {
  isGlobalSpec,
  type GlobalSpec,
  type KeyedMapSpec,
  type KeyedMapType,
  type MapSpec,
  type OuterMapSpec,
} from "../../spec/map-spec.ts";
import type { ProgramSpec } from "../../spec/program-spec.ts";
import type { StructOpsSpec } from "../../spec/struct-ops.ts";
import type { ObjectPart, ObjectSpec } from "../read/read-object.ts";
import { isUnnamedVariable } from "../read/read-variables.ts";
import { ValueTypes } from "./value-types.ts";

/** Options of {@link printObjectTypes}. */
export interface PrintObjectTypesOptions {
  /** Name of the type, as {@link objectTypeName} makes it of the file's. */
  readonly name: string;
  /** Path or name of the file, for the comments. */
  readonly file: string;
}

/** Declarations, and how much is declared. */
export interface ObjectTypes {
  /** A file of TypeScript, `.d.ts`. */
  readonly text: string;
  readonly counts: Readonly<Record<"programs" | "maps" | "variables" | "structOps", number>>;
}

/**
 * Declarations of `spec`: a type with a member for each of its parts, and the interfaces of its structs. Bytes between
 * variables are left out.
 */
export function printObjectTypes(
  spec: ObjectSpec,
  { name, file }: PrintObjectTypesOptions,
): ObjectTypes {
  const values = new ValueTypes([name, ...imported]);
  const parts = Object.entries(spec).filter(([, part]) => !isUnnamed(part));
  const members = parts.map(([key, part]) => memberOf(key, part, values));
  const text = [
    `/** What is in ${inComment(file)}: \`loadObject<${name}>(…)\`. */`,
    `export type ${name} = {`,
    ...members,
    "};",
    "",
    values.interfaces(),
  ].join("\n");
  const used = imported.filter((each) => new RegExp(String.raw`\b${each}\b`).test(text));
  return {
    text: `${importsOf(used)}${text.trimEnd()}\n`,
    counts: countsOf(parts.map(([, part]) => part)),
  };
}

function isUnnamed(part: ObjectPart): boolean {
  return part.kind === "map" && isGlobalSpec(part) && isUnnamedVariable(part);
}

function countsOf(parts: readonly ObjectPart[]): ObjectTypes["counts"] {
  const maps = parts.filter((part) => part.kind === "map");
  const variables = maps.filter(isGlobalSpec).length;
  return {
    programs: parts.filter(({ kind }) => kind === "program").length,
    maps: maps.length - variables,
    variables,
    structOps: parts.filter(({ kind }) => kind === "struct-ops").length,
  };
}

/** As formatters write it: on one line where that is short enough. */
function importsOf(names: readonly string[]): string {
  if (names.length === 0) return "";
  const line = `import type { ${names.join(", ")} } from "ts-ebpf";`;
  const lines = `import type {\n${names.map((name) => `  ${name},\n`).join("")}} from "ts-ebpf";`;
  return `${line.length <= widest ? line : lines}\n\n`;
}

const widest = 100;

/** A name for the type of the object file at `path`: `Packets` for `build/packets.bpf.o`. */
export function objectTypeName(path: string): string {
  const base = path.slice(path.lastIndexOf("/") + 1).replace(/(?:[.-]bpf)?(?:\.o)?$/, "");
  const words = base.split(/[^A-Za-z0-9]+/).filter((word) => word !== "");
  const name = words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join("");
  return /^[A-Z]/.test(name) ? name : `Object${name}`;
}

/** Types of the library that declarations are made of. */
const imported: readonly string[] = [
  "AttachTargetOf",
  "GlobalSpec",
  "KeyedMapSpec",
  "OuterMapSpec",
  "PerfEventArraySpec",
  "ProgramSpec",
  "RingbufSpec",
  "StructOpsSpec",
  "UserRingbufSpec",
];

function memberOf(key: string, part: ObjectPart, values: ValueTypes): string {
  const [type, comment] = declare(part, values);
  return `  /** ${inComment(comment)} */\n  readonly ${propertyName(key)}: ${type};`;
}

function inComment(text: string): string {
  return text.replaceAll("*/", "* /").replaceAll(/\s/g, " ");
}

/** The type of a part, and what else is to be known of it. */
type Declaration = readonly [type: string, comment: string];

function declare(part: ObjectPart, values: ValueTypes): Declaration {
  if (part.kind === "program") return declareProgram(part);
  if (part.kind === "struct-ops") return declareStructOps(part);
  return isGlobalSpec(part) ? declareVariable(part, values) : declareMap(part, values);
}

const onDemand = " & { readonly autoload: false }";

function declareProgram({ type, target, section, autoload }: ProgramSpec): Declaration {
  const where = section === undefined ? "" : `, in section "${section}"`;
  const later = autoload === false;
  const comment = `Program of type ${type}${where}${later ? ": only loaded on demand" : ""}.`;
  return [`ProgramSpec<AttachTargetOf<"${target.kind}">>${later ? onDemand : ""}`, comment];
}

function declareStructOps({ type, autoload }: StructOpsSpec): Declaration {
  return [`StructOpsSpec${autoload === false ? onDemand : ""}`, `Functions of \`struct ${type}\`.`];
}

function declareVariable(spec: GlobalSpec<unknown>, values: ValueTypes): Declaration {
  const { layout, within, setting, variable } = spec;
  const where = within === undefined ? "" : ` in ${within.section}`;
  const kind = variable === "config" ? "Constant" : "Variable";
  const comment = setting === undefined ? `${kind}${where}.` : "What the kernel was built with.";
  return [`GlobalSpec<${values.of(layout)}>`, comment];
}

function declareMap(spec: MapSpec, values: ValueTypes): Declaration {
  const unit = spec.type === "ringbuf" || spec.type === "user_ringbuf" ? "byte" : "element";
  const size = spec.maxEntries === 0 ? "" : `, ${plural(spec.maxEntries, unit)}`;
  return [mapType(spec, values), `Map of type ${spec.type}${size}.`];
}

const streams: { readonly [type: string]: string } = {
  ringbuf: "RingbufSpec",
  perf_event_array: "PerfEventArraySpec",
  user_ringbuf: "UserRingbufSpec",
};

function mapType(spec: MapSpec, values: ValueTypes): string {
  const stream = streams[spec.type];
  if (stream !== undefined) return `${stream}<${values.of((spec as Keyed).value)}>`;
  const { type, key, value } = spec as Keyed;
  const inner = "inner" in spec ? (spec as Outer).inner : undefined;
  if (inner !== undefined) {
    return `OuterMapSpec<"${type}", ${values.of(key)}, ${mapType(inner, values)}>`;
  }
  return `KeyedMapSpec<"${type}", ${values.of(key)}, ${values.of(value)}>`;
}

type Keyed = KeyedMapSpec<KeyedMapType, unknown, unknown>;
type Outer = OuterMapSpec<"array_of_maps" | "hash_of_maps", unknown, MapSpec>;
