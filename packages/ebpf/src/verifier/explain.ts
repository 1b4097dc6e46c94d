/**
 * From a rejection to words: what the kernel means, and what to do about it.
 *
 * The first rule whose pattern is found in a message explains it; messages are tried in the order in which the kernel
 * printed them, as the first is the most particular. What no rule knows is explained by the kernel's own report, if
 * there is one, and otherwise not at all: nothing is guessed.
 * @module
 */
import { plural } from "../base/text.ts";
import { helperById } from "../helper/helper-signature.ts";
import type { Rejection } from "./rejection.ts";
import { allRules } from "./rules/all.ts";
import type { Rule } from "./rule.ts";

/** What programs are written in. */
export type SourceLanguage = "typescript" | "c" | "assembler";

/** A rejection in plain words. */
export interface Explanation {
  /** Stable identifier of the kind of rejection; `"kernel-report"` when the words are the kernel's own. */
  readonly id: string;
  /** What the kernel means. */
  readonly cause: string;
  /** What to do about it, by what the program was written in. */
  readonly suggestion: { readonly [Language in SourceLanguage]: string };
}

/** What can be said beside the log. */
export interface ExplainOptions {
  /** Name in the source of what the instruction works on. */
  readonly variable?: string | undefined;
  /** What the kernel lacks that the instruction asked for. */
  readonly lacks?: string | undefined;
}

/** The explanation of `rejection`; `undefined` when it is not known. */
export function explain(
  rejection: Rejection,
  options: ExplainOptions = {},
): Explanation | undefined {
  for (const message of rejection.messages) {
    for (const rule of allRules()) {
      const groups = matching(rule, message, rejection);
      if (groups !== undefined) return explanation(rule, wordsOf(groups, rejection, options));
    }
  }
  return reported(rejection);
}

/** Words for the places in a rule's texts. */
type Words = Readonly<Record<string, string | undefined>>;

/** Groups of the rule's pattern; `undefined` when the rule is not about this message. */
function matching(rule: Rule, message: string, rejection: Rejection): Words | undefined {
  const match = rule.pattern.exec(message);
  if (match === null) return undefined;
  const groups = match.groups ?? {};
  const held = rejection.registers.get(groups["register"]?.toLowerCase() ?? "")?.type;
  const instruction = rejection.instructionText;
  return rule.when === undefined || rule.when({ groups, held, instruction }) ? groups : undefined;
}

function explanation(rule: Rule, words: Words): Explanation {
  const fill = (text: string): string =>
    text.replace(/\{(\w+)\}/g, (_, name: string) => words[name] ?? "");
  return {
    id: rule.id,
    cause: fill(rule.cause),
    suggestion: {
      typescript: fill(rule.typescript),
      c: fill(rule.c ?? rule.assembler),
      assembler: fill(rule.assembler),
    },
  };
}

function wordsOf(
  groups: Words,
  { registers }: Rejection,
  { variable, lacks = "this kernel lacks what the instruction asks for" }: ExplainOptions,
): Words {
  const register = groups["register"]?.toLowerCase();
  const state = register === undefined ? undefined : registers.get(register);
  const type = groups["type"] ?? state?.type;
  return {
    ...groups,
    register,
    pointer: groups["pointer"]?.toLowerCase(),
    variable: variable ?? "value",
    lacks,
    bytes: groups["length"] === undefined ? "bytes" : plural(Number(groups["length"]), "byte"),
    argument: argumentName(register),
    held: state === undefined ? "something else" : describeType(state.type, undefined),
    holds: type === undefined ? "something else" : describeType(type, state?.fields.get("map")),
    helper: describeHelper(groups["helper"]),
    values: groups["values"] === undefined ? "any number" : describeRange(groups["values"]),
    range: describeAllowed(groups["range"]),
  };
}

/** `unknown#158`, as a kernel names a helper that is newer than itself: its name, and since when it is there. */
function describeHelper(helper: string | undefined): string | undefined {
  const found = helperById(Number(/^unknown#(\d{1,9})$/.exec(helper ?? "")?.[1]));
  if (found === undefined) return helper;
  return `${found.name}, which came with Linux ${found.since.join(".")}`;
}

/** `smin=17 smax=17` in words, or `(0x11; 0x0)`. */
function describeRange(bounds: string): string {
  const [least, most] = knownBits(bounds) ?? [
    /smin=(-?\d+)/.exec(bounds)?.[1],
    /smax=(-?\d+)/.exec(bounds)?.[1],
  ];
  if (least !== undefined && least === most) return String(least);
  if (least !== undefined && most !== undefined) return `a number from ${least} to ${most}`;
  return "a number that may be anything";
}

/** The values that are allowed: `[0, 1]`, which kernels before 6.8 print as `(0x0; 0x1)`. */
function describeAllowed(range: string | undefined): string {
  if (range === undefined) return "certain values";
  const known = knownBits(range);
  return known === undefined ? range : `[${known.join(", ")}]`;
}

/** The least and the largest value of `(value; mask)`: the bits of the mask are not known. */
function knownBits(text: string): readonly [least: bigint, most: bigint] | undefined {
  const match = /\((0x[0-9a-f]{1,16}); (0x[0-9a-f]{1,16})\)/.exec(text);
  if (match === null) return undefined;
  const [value, mask] = [BigInt(match[1]!), BigInt(match[2]!)];
  return [value, value | mask];
}

/** Calls take arguments from r1 up. */
function argumentName(register: string | undefined): string {
  const names = ["", "first", "second", "third", "fourth", "fifth"];
  const name = names[Number(register?.slice(1))];
  return name === undefined || name === "" ? "an argument" : `the ${name} argument (${register})`;
}

/** What the kernel's word for a kind of value means. */
function describeType(type: string, map: string | undefined): string {
  const nullable = type.includes("_or_null");
  const base = type
    .replace("_or_null", "")
    .replace(/^(?:rdonly|trusted|untrusted|rcu|user|percpu)_/, "");
  if (base !== "map_value") return typeWords[base] ?? structureWords(base);
  const where = map === undefined ? "a map" : `map "${map}"`;
  return nullable ? `the result of a lookup in ${where}` : `a value of ${where}`;
}

function structureWords(base: string): string {
  const struct = /^ptr_(\w+)$/.exec(base)?.[1];
  return struct === undefined
    ? `a pointer of kind ${base}`
    : `a pointer to struct ${struct} of the kernel`;
}

const typeWords: Readonly<Record<string, string>> = {
  scalar: "a number",
  inv: "a number",
  ctx: "the context",
  fp: "an address on the stack",
  map_ptr: "a map",
  map_key: "a key of a map",
  pkt: "an address in the packet",
  pkt_meta: "an address in the packet's metadata",
  pkt_end: "the end of the packet",
  ringbuf_mem: "a record reserved in a ring buffer",
  mem: "an address of memory",
  alloc_mem: "a record reserved in a ring buffer",
  buf: "an address of a buffer",
  sock: "a socket",
  sock_common: "a socket",
  tcp_sock: "a TCP socket",
  func: "a function of the program",
  ptr_: "a pointer to a structure of the kernel",
};

function reported({ diagnostic }: Rejection): Explanation | undefined {
  if (diagnostic === undefined || diagnostic.reason === "") return undefined;
  const { reason, suggestion } = diagnostic;
  return {
    id: "kernel-report",
    cause: reason,
    suggestion: { typescript: suggestion, c: suggestion, assembler: suggestion },
  };
}
