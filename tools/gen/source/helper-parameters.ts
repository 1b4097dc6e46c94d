/**
 * Parameters and results of helpers, from their C types and what the verifier asks of them.
 * @module
 */
import type {
  HelperParameter,
  HelperResult,
} from "../../../packages/ebpf/src/helper/helper-signature.ts";
import type { Definition } from "./helper-definitions.ts";

/** A row of the prototypes taken apart. */
export interface Prototype {
  readonly gplOnly: boolean;
  readonly mightSleep: boolean;
  readonly result: string;
  readonly words: readonly string[];
}

/** Takes a row apart: `gpl sleep integer (out, size0, any)`. */
export function parsePrototype(row: string): Prototype {
  const [, gpl, sleep, result, words] = /^(gpl )?(sleep )?(.*) \((.*)\)$/.exec(row)!;
  return {
    gplOnly: gpl !== undefined,
    mightSleep: sleep !== undefined,
    result: result!,
    words: words === "" ? [] : words!.split(", "),
  };
}

/** The parameters. Those that the verifier does not look at are as those it takes for anything. */
export function parametersOf(
  definition: Definition,
  prototype: Prototype,
): readonly HelperParameter[] {
  return definition.parameters.map((given, index) => {
    const word = prototype.words[index] ?? "any";
    return parameterOf({ ...given, word, definition, prototype, index });
  });
}

/** What is returned. */
export function resultOf({ result: type }: Definition, { result: word }: Prototype): HelperResult {
  const nullable = word.endsWith("?");
  const plain = word.replace(/\?$/, "");
  if (plain === "void" || type === "void") return { kind: "void" };
  if (plain === "integer") return scalarResult(type);
  if (plain === "map_value") return { kind: "map-value", nullable };
  if (plain === "memory") return { kind: "memory", nullable };
  if (plain === "per_cpu") return { kind: "per-cpu", nullable };
  return { kind: "struct", ...structType(plain), nullable };
}

function scalarResult(type: string): HelperResult {
  const status = type === "long" || type === "int";
  return {
    kind: "scalar",
    ...numberOf(type),
    ...(status ? { status: true as const } : {}),
  } as HelperResult;
}

interface Given {
  readonly name: string;
  /** C type. */
  readonly type: string;
  readonly word: string;
  readonly index: number;
  readonly definition: Definition;
  readonly prototype: Prototype;
}

function parameterOf(given: Given): HelperParameter {
  const { name, word } = given;
  const plain = word
    .replace(/\?$/, "")
    .replace(/( release| out|\[\d+\])$/, "")
    .replace(/ release$/, "");
  const nullable = word.endsWith("?");
  const release = word.includes(" release");
  const out = word.includes(" out");
  const simple = simpleKinds[plain];
  if (simple !== undefined) return { name, kind: simple } as HelperParameter;
  if (plain === "any") return { name, ...anyOf(given) } as HelperParameter;
  if (plain === "ctx") return { name, kind: "context", ...structType(given.type) };
  if (plain === "value") return { name, kind: "map-value", out, nullable };
  if (memoryKinds[plain] !== undefined) return memoryOf(given, memoryKinds[plain]);
  if (sizeWords.has(plain)) return sizeOf(given);
  const type = objectTypes[plain] === undefined ? structType(plain) : { type: objectTypes[plain] };
  return {
    name,
    kind: "struct",
    ...type,
    nullable,
    release,
    ...(out ? { out: true as const } : {}),
  };
}

const simpleKinds: Readonly<Record<string, string>> = {
  map: "map",
  key: "map-key",
  func: "callback",
  stack: "callback-context",
  ringbuf_mem: "record",
};

type MemoryKind = "memory-in" | "memory-out" | "memory-in-out";

const memoryKinds: Readonly<Record<string, MemoryKind>> = {
  in: "memory-in",
  str: "memory-in",
  out: "memory-out",
  inout: "memory-in-out",
};

/** Types of objects that the verifier has words of its own for. */
const objectTypes: Readonly<Record<string, string>> = {
  sock: "sock_common",
  spin_lock: "bpf_spin_lock",
  timer: "bpf_timer",
  dynptr: "bpf_dynptr",
};

const sizeWords: ReadonlySet<string> = new Set(["size", "size0", "alloc_size"]);

/** Memory that the verifier wants written before, and whose content the helper reads indeed. */
const readAndWritten: ReadonlySet<string> = new Set([
  "fib_lookup",
  "check_mtu",
  "load_hdr_opt",
  "dynptr_from_mem",
]);

function memoryOf(given: Given, kind: MemoryKind): HelperParameter {
  const { name, type, word, definition } = given;
  const filled = kind === "memory-in-out" && !readAndWritten.has(definition.name);
  return {
    name,
    kind: filled ? "memory-out" : kind,
    ...memorySize(given),
    ...(/\bchar \*$/.test(type) ? { text: true as const } : {}),
    ...structType(type),
    nullable: word.endsWith("?"),
    ...(filled ? { initialized: true as const } : {}),
  };
}

function memorySize({ word, definition, index }: Given): { readonly size?: string | number } {
  if (word === "str") return {};
  const bytes = /\[(\d+)\]/.exec(word)?.[1];
  const size = bytes === undefined ? definition.parameters[index + 1]!.name : Number(bytes);
  return { size };
}

function sizeOf({ name, type, word, definition, index }: Given): HelperParameter {
  const of = word === "alloc_size" ? {} : { of: definition.parameters[index - 1]!.name };
  const zeroAllowed = word !== "size";
  return { name, kind: "size", ...numberOf(type), ...of, zeroAllowed } as HelperParameter;
}

function anyOf({ name, type }: Given) {
  if (type.endsWith("*")) return { kind: "pointer", const: type.startsWith("const ") };
  return { kind: name.endsWith("flags") ? "flags" : "scalar", ...numberOf(type) };
}

const numbers: Readonly<Record<string, readonly [bits: number, signed: boolean]>> = {
  __u16: [16, false],
  __be16: [16, false],
  __u32: [32, false],
  __wsum: [32, false],
  __u64: [64, false],
  "unsigned long": [64, false],
  int: [32, true],
  __s32: [32, true],
  long: [64, true],
  __s64: [64, true],
};

function numberOf(type: string) {
  const number = numbers[type];
  if (number === undefined) throw new TypeError(`${type} is not known as a number`);
  const order = type === "__be16" ? { order: "network" as const } : {};
  return { bits: number[0], signed: number[1], ...order };
}

function structType(type: string): { readonly type?: string } {
  const name = /\bstruct (\w+)/.exec(type)?.[1];
  return name === undefined ? {} : { type: name };
}
