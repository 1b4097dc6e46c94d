/**
 * BTF of a kernel as declarations of TypeScript, for editors and compilers to check programs against.
 *
 * Every struct becomes an interface; hooks, kernel functions, enumerators and contexts become interfaces by name. All are
 * plain interfaces without generics or conditions, of which TypeScript looks only at what a program uses. Functions of
 * the kernel are written for the names that are asked for: all of them would take TypeScript longer than anything else.
 * @module
 */
import type { Btf } from "../btf.ts";
import {
  facetNames,
  interfaceNames,
  type InterfaceNames,
  type NamedInterface,
  valueTypes,
} from "./interface-names.ts";
import { contextStructs, writableFields } from "./program-contexts.ts";
import { recordClasses, recordPrefix } from "./trace-records.ts";
import {
  entryLines,
  exitLines,
  hookFunctions,
  type HookParts,
  kfuncLines,
  lsmLines,
  tracepointLines,
  type Wanted,
} from "./typescript-hooks.ts";
import { propertyName, TypeScriptTypes } from "./typescript-type.ts";

/** How names of the contexts of iterators begin. */
const iteratorPrefix = "bpf_iter__";

/** What is declared besides structs; the word is the property of `KernelDeclarations` in `ts-ebpf/types`. */
export type Facet = keyof typeof facetNames;

/** Facets in the order of the file. */
export const facets: readonly Facet[] = Object.keys(facetNames) as Facet[];

/** Names to declare; of a kind that is left out, all. */
export interface TypeScriptSelection {
  /** Structs, unions and typedefs of them. Others are known by name only. */
  readonly types?: readonly string[];
  readonly tracepoints?: readonly string[];
  readonly lsmHooks?: readonly string[];
  readonly kfuncs?: readonly string[];
  /** Enumerators; the others of their enum come along. */
  readonly enumerators?: readonly string[];
}

/** Options of {@link declareTypeScript} and {@link printTypeScript}. */
export interface TypeScriptOptions {
  /** Functions of the kernel to declare what programs at their entry and exit take. None when left out. */
  readonly functions?: Iterable<string>;
  /** What to declare; everything when left out. */
  readonly only?: TypeScriptSelection;
}

/** Declarations of a kernel, not yet put together. */
export interface TypeScriptDeclarations {
  /** Structs and unions, each a name and its members as lines. */
  readonly interfaces: readonly TypeScriptInterface[];
  /** By facet, a line for each of its properties. */
  readonly facets: Readonly<Record<Facet, readonly string[]>>;
  /** Which of the functions asked for the kernel does not have. */
  readonly missingFunctions: readonly string[];
}

/** One interface. */
export interface TypeScriptInterface {
  readonly name: string;
  readonly members: readonly string[];
}

/** The declarations of all that `options` asks for. */
export function declareTypeScript(
  btf: Btf,
  { functions = [], only = {} }: TypeScriptOptions = {},
): TypeScriptDeclarations {
  const names = interfaceNames(btf, only.types && new Set(only.types));
  const texts = new TypeScriptTypes(btf, names);
  const asked = [...new Set(functions)].toSorted();
  const parts: HookParts = { btf, texts, functions: hookFunctions(btf, isIn(asked)) };
  const byCName = interfacesByCName(names);
  const wanted = (list: readonly string[] | undefined): Wanted =>
    list === undefined ? () => true : isIn(list);
  return {
    interfaces: [...names.values()].map((one) => interfaceOf(one, texts)),
    facets: {
      types: [...byCName].map(property),
      tracepoints: tracepointLines(parts, wanted(only.tracepoints)),
      records: [...recordLines(byCName, recordPrefix), ...eventLines(byCName)],
      lsmHooks: lsmLines(parts, wanted(only.lsmHooks)),
      iterators: recordLines(byCName, iteratorPrefix),
      functionEntries: entryLines(parts, asked),
      functionExits: exitLines(parts, asked),
      kfuncs: kfuncLines(parts, wanted(only.kfuncs)),
      enums: enumeratorLines(btf, only.enumerators),
      contexts: contextLines(byCName),
    },
    missingFunctions: asked.filter((name) => !parts.functions.has(name)),
  };
}

/** A file of declarations, and how much is in it. */
export interface TypeScriptFile {
  readonly text: string;
  /** How many structs, and how many properties each facet has. */
  readonly counts: Readonly<Record<Facet, number>>;
  /** Which of the functions asked for the kernel does not have. */
  readonly missingFunctions: readonly string[];
}

/** Options of {@link printTypeScript}. */
export interface PrintTypeScriptOptions extends TypeScriptOptions {
  /** First lines of the file, a comment. */
  readonly header?: string;
}

/**
 * A file of declarations (`.d.ts`) that tells `ts-ebpf/types` what the kernel is like. One such file belongs into a
 * project; TypeScript finds it by `include` in tsconfig.json.
 */
export function printTypeScript(btf: Btf, options: PrintTypeScriptOptions = {}): TypeScriptFile {
  const { header = "", ...rest } = options;
  const declarations = declareTypeScript(btf, rest);
  const register = facets.map((facet) => `      readonly ${facet}: ${facetNames[facet]};\n`);
  const text = [
    header,
    `import type { ${valueTypes.join(", ")} } from "ts-ebpf/types";\n\n`,
    interfaceTexts(declarations, ""),
    `declare module "ts-ebpf/types" {\n  interface Register {\n    kernel: {\n`,
    ...register,
    "    };\n  }\n}\n\nexport {};\n",
  ].join("");
  const counts = Object.fromEntries(
    facets.map((facet) => [facet, declarations.facets[facet].length]),
  ) as Record<Facet, number>;
  return { text, counts, missingFunctions: declarations.missingFunctions };
}

/** All interfaces, those of the facets behind those of the structs; `modifier` is put before each. */
export function interfaceTexts(declarations: TypeScriptDeclarations, modifier: string): string {
  const all = [
    ...declarations.interfaces,
    ...facets.map((facet) => ({ name: facetNames[facet], members: declarations.facets[facet] })),
  ];
  return all.map((one) => `${modifier}${interfaceText(one)}\n`).join("");
}

function interfaceText({ name, members }: TypeScriptInterface): string {
  if (members.length === 0) return `interface ${name} {}\n`;
  return `interface ${name} {\n${members.map((member) => `  ${member};\n`).join("")}}\n`;
}

function interfaceOf({ type, name }: NamedInterface, texts: TypeScriptTypes): TypeScriptInterface {
  const writable = new Set(writableFields[type.name]);
  // What an iterator goes through is not there when the program is called for the last time.
  const isChecked = (member: string): boolean =>
    type.name.startsWith(iteratorPrefix) && member !== "meta";
  return { name, members: texts.members(type, { writable, isChecked }) };
}

function isIn(names: readonly string[]): Wanted {
  const set = new Set(names);
  return (name) => set.has(name);
}

/** Names of interfaces by that of C. */
function interfacesByCName(names: InterfaceNames): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const { name, cName } of names.values()) if (cName !== undefined) found.set(cName, name);
  return found;
}

function property([name, type]: readonly [string, string]): string {
  return `readonly ${propertyName(name)}: ${type}`;
}

/** Structs whose name begins with `prefix`, by the rest of it. */
function recordLines(byCName: ReadonlyMap<string, string>, prefix: string): readonly string[] {
  return [...byCName]
    .filter(([cName]) => cName.startsWith(prefix) && !cName.includes("__safe_"))
    .map(([cName, name]) => property([cName.slice(prefix.length), name]));
}

/** Events by the record of their class, for those whose class has another name. */
function eventLines(byCName: ReadonlyMap<string, string>): readonly string[] {
  return Object.entries(recordClasses).flatMap(([recordClass, events]) => {
    const name = byCName.get(`${recordPrefix}${recordClass}`);
    const own = events.filter((event) => !byCName.has(`${recordPrefix}${event}`));
    return name === undefined ? [] : own.map((event) => property([event, name]));
  });
}

function contextLines(byCName: ReadonlyMap<string, string>): readonly string[] {
  return Object.entries(contextStructs).flatMap(([programType, struct]) => {
    const name = byCName.get(struct);
    return name === undefined ? [] : [property([programType, name])];
  });
}

/** Enumerators of all enums, but for those that enums differ in. */
function enumeratorLines(btf: Btf, wanted: readonly string[] | undefined): readonly string[] {
  const values = new Map<string, string | undefined>();
  const isWanted = wanted && isIn(wanted);
  for (const kind of ["enum", "enum64"] as const) {
    for (const type of btf.types(kind)) {
      if (isWanted !== undefined && !type.values.some(({ name }) => isWanted(name))) continue;
      for (const { name, value } of type.values) {
        const text = typeof value === "bigint" ? `${value}n` : `${value}`;
        values.set(name, values.has(name) && values.get(name) !== text ? undefined : text);
      }
    }
  }
  return [...values].flatMap(([name, text]) =>
    text === undefined ? [] : [property([name, text])],
  );
}
