/**
 * Hooks of the kernel as types of functions of TypeScript: what a program that is attached there takes and returns.
 *
 * Each hook is a function in BTF, found by how its name begins. A hook maps to a whole type of function, never to a list of
 * arguments: a rest parameter that is indexed by the names of hooks makes TypeScript build the union of all lists.
 * @module
 */
import type { Btf } from "../btf.ts";
import { resolveType } from "../resolve.ts";
import { type BtfSignature, signatureOf } from "../signature.ts";
import type { BtfFunc, BtfKind, BtfParameter, BtfTypeId } from "../type.ts";
import { isComposite, reserved } from "./interface-names.ts";
import { propertyName, type TypeScriptTypes } from "./typescript-type.ts";

/** What hooks are written with. */
export interface HookParts {
  readonly btf: Btf;
  readonly texts: TypeScriptTypes;
  /** Functions of the kernel by name: those whose name was asked for. */
  readonly functions: ReadonlyMap<string, BtfFunc>;
}

/** Which names are wanted. */
export type Wanted = (name: string) => boolean;

/** How names of functions of hooks begin. */
const lsmPrefix = "bpf_lsm_";
const hookPrefixes = ["__traceiter_", lsmPrefix] as const;

/** The functions hooks are made of, and those that `wanted` names. */
export function hookFunctions(btf: Btf, wanted: Wanted): ReadonlyMap<string, BtfFunc> {
  const found = new Map<string, BtfFunc>();
  for (const func of btf.types("func")) {
    const { name } = func;
    if (found.has(name)) continue;
    if (wanted(name) || hookPrefixes.some((prefix) => name.startsWith(prefix))) {
      found.set(name, func);
    }
  }
  return found;
}

const tracepointPrefix = "btf_trace_";

/** Programs on BTF tracepoints; the kernel's own first argument is not passed to them. */
export function tracepointLines(parts: HookParts, wanted: Wanted): readonly string[] {
  const lines: string[] = [];
  for (const typedef of parts.btf.types("typedef")) {
    const name = typedef.name.slice(tracepointPrefix.length);
    if (!typedef.name.startsWith(tracepointPrefix) || !wanted(name)) continue;
    if (!isOfFunction(parts.btf, typedef.id)) continue;
    const bare = signatureOf(parts.btf, typedef.id).parameters.slice(1);
    const caller = parts.functions.get(`__traceiter_${name}`);
    const named = caller === undefined ? [] : signatureOf(parts.btf, caller.id).parameters.slice(1);
    const parameters = named.length === bare.length ? named : bare;
    lines.push(functionLine(name, parameterList(parts, parameters), "number | void"));
  }
  return lines;
}

/** Whether a type is a pointer to a function: one that only has the name of a tracepoint's is none. */
function isOfFunction(btf: Btf, id: number): boolean {
  const pointer = btf.resolve(id);
  return pointer.kind === "ptr" && btf.resolve(pointer.type).kind === "func_proto";
}

/** LSM programs, by hook; the last argument is what the module before decided. */
export function lsmLines(parts: HookParts, wanted: Wanted): readonly string[] {
  return [...parts.functions].flatMap(([name, { id }]) => {
    const hook = name.slice(lsmPrefix.length);
    if (!name.startsWith(lsmPrefix) || !wanted(hook)) return [];
    const signature = signatureOf(parts.btf, id);
    const returned = signature.returnType === 0 ? "number | void" : "number";
    return [functionLine(hook, withResult(parts, signature), returned)];
  });
}

/** Programs at the entry of the functions called `names`, of those there are. */
export function entryLines(parts: HookParts, names: readonly string[]): readonly string[] {
  return eachFunction(parts, names, (name, { parameters }) =>
    functionLine(name, parameterList(parts, parameters), "number | void"),
  );
}

/** Programs at the exit of functions: the last argument is what the function returns. */
export function exitLines(parts: HookParts, names: readonly string[]): readonly string[] {
  return eachFunction(parts, names, (name, signature) =>
    functionLine(name, withResult(parts, signature), "number | void"),
  );
}

/** The parameters of a function, and what it returns as the last one. */
function withResult(parts: HookParts, { parameters, returnType }: BtfSignature): string {
  const list = parameterList(parts, parameters);
  if (returnType === 0) return list;
  return `${list}${list === "" ? "" : ", "}ret: ${parts.texts.text(returnType)}`;
}

function eachFunction(
  { btf, functions }: HookParts,
  names: readonly string[],
  line: (name: string, signature: BtfSignature) => string,
): readonly string[] {
  return names.flatMap((name) => {
    const func = functions.get(name);
    return func === undefined ? [] : [line(name, signatureOf(btf, func.id))];
  });
}

/** Functions that programs may call: those with the tag that the kernel's build puts on them. Linux 6.10. */
export function kfuncLines(parts: HookParts, wanted: Wanted): readonly string[] {
  const lines = new Map<string, string>();
  for (const tag of parts.btf.types("decl_tag")) {
    if (tag.name !== "bpf_kfunc") continue;
    const { name, id } = parts.btf.typeById(tag.type);
    if (!wanted(name) || lines.has(name)) continue;
    const { parameters, returnType } = signatureOf(parts.btf, id);
    const list = parameterList(parts, parameters);
    // The program's own is meant where it is left out, and nothing else is wanted.
    const given = isContextAlone(parameters) ? list.replace("ctx:", "ctx?:") : list;
    lines.set(name, functionLine(name, given, returnText(parts, name, returnType)));
  }
  return [...lines.values()];
}

function isContextAlone(parameters: readonly BtfParameter[]): boolean {
  return parameters.length === 1 && parameters[0]!.name === "ctx";
}

/** What BTF does not tell is whether a pointer may be null: most may. */
function returnText({ btf, texts }: HookParts, name: string, returnType: BtfTypeId): string {
  if (returnType === 0) return "void";
  const text = texts.text(returnType);
  const type = resolveType(btf, returnType);
  if (type.kind !== "ptr") return text;
  const target = resolveType(btf, type.type);
  if (isComposite(target)) return `${text} | undefined`;
  if (!scalars.has(target.kind)) return text;
  return `${givingMemory.has(name) ? text.replace(/^Pointer</, "KernelMemory<") : text} | undefined`;
}

const scalars: ReadonlySet<BtfKind> = new Set<BtfKind>(["int", "enum", "enum64"]);

/** Functions whose result is memory to be written, which BTF does not tell (`check_kfunc_call` of kernel/bpf/verifier.c). */
const givingMemory: ReadonlySet<string> = new Set(["bpf_session_cookie"]);

function functionLine(name: string, parameters: string, returned: string): string {
  return `readonly ${propertyName(name)}: (${parameters}) => ${returned}`;
}

function parameterList({ texts }: HookParts, parameters: readonly BtfParameter[]): string {
  const seen = new Set<string>();
  const list = parameters.map(({ name, type }, index) => {
    const usable = /^[A-Za-z_]\w*$/.test(name) && !reserved.has(name) && !seen.has(name);
    seen.add(name);
    return `${usable ? name : `argument${index}`}: ${texts.text(type)}`;
  });
  return list.join(", ");
}
