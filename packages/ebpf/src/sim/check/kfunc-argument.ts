/**
 * What functions of the kernel are given: a rule for each kind of parameter, which its type and the end of its name tell.
 *
 * Objects must be trusted, memory as large as the number behind it says, the context the program's own.
 * `get_kfunc_ptr_arg_type` and `check_kfunc_args` of kernel/bpf/verifier.c.
 * @module
 */
import type { BtfFuncProto, BtfParameter, BtfType } from "../../btf/type.ts";
import type { Surroundings } from "./access.ts";
import { contextNames } from "./context-names.ts";
import { type Dynptr, dynptrAt, makeDynptr } from "./dynptr.ts";
import type { KfuncRule } from "./kfunc-rules.ts";
import { checkKfuncMemory } from "./kfunc-memory.ts";
import { markPrecise } from "./origin.ts";
import { Refusal, Undecided } from "./refusal.ts";
import { constantOf } from "./scalar.ts";
import { beginsWith, wrongType } from "./socket-argument.ts";
import { currentFrame } from "./state.ts";
import { isFixed, isNull, isPointer, type Value } from "./value.ts";

/** The call of a function of the kernel. */
export interface KfuncCall {
  readonly around: Surroundings;
  readonly name: string;
  readonly proto: BtfFuncProto;
  readonly rule: KfuncRule;
}

/** What the arguments were found to be. */
export interface Given {
  /** The reference that is given back, or 0. */
  readonly released: number;
  /** The dynamic pointer that was given first. */
  readonly dynptr: Dynptr | undefined;
  /** The number that must be known: of bytes, of a type. */
  readonly constant: number | undefined;
}

/** Checks the arguments from the one with this index on. */
export function checkKfuncArguments(call: KfuncCall, first = 0): Given {
  const { registers } = currentFrame(call.around.state);
  let given: Given = { released: 0, dynptr: undefined, constant: undefined };
  for (const [index, parameter] of call.proto.parameters.entries()) {
    if (index < first || parameter.name.endsWith("__ign")) continue;
    const register = index + 1;
    const value = registers[register]!;
    if (value.kind === "unset") throw new Refusal(`R${register} !read_ok`);
    given = checkOne(call, { parameter, value, register }, given);
  }
  return given;
}

/** One argument. */
export interface KfuncArgument {
  readonly parameter: BtfParameter;
  readonly value: Value;
  readonly register: number;
}

function checkOne(call: KfuncCall, argument: KfuncArgument, given: Given): Given {
  const { name, rule, around } = call;
  const { parameter, value, register } = argument;
  const types = around.program.kernelTypes!;
  const type = types.resolve(parameter.type);
  if (type.kind !== "ptr") return { ...given, ...checkNumber(argument) };
  const to = types.resolve(type.type);
  if (to.name === "bpf_dynptr" || to.name === "bpf_dynptr_kern") {
    return { ...given, dynptr: checkDynptr(call, argument, given.dynptr) };
  }
  if (to.name === "__sk_buff" && givenBuffers.has(around.program.type)) {
    checkObject(call, argument, types.typeByName("sk_buff", "struct"));
  } else if (contextNames[around.program.type]?.includes(to.name) === true) checkContext(argument);
  else if (to.kind !== "struct") checkKfuncMemory(call, argument, to);
  else if (!(isNull(value) && parameter.name.endsWith("__nullable"))) {
    const reference = checkObject(call, argument, to);
    if (rule.releases !== true || register !== 1) return given;
    if (reference !== 0) return { ...given, released: reference };
    throw new Refusal(`release kernel function ${name} expects refcounted PTR_TO_BTF_ID`, "EINVAL");
  }
  return given;
}

/** Types whose programs have the kernel's packets and not a context made of them. */
const givenBuffers: ReadonlySet<string> = new Set(["tracing", "netfilter"]);

function checkNumber({ parameter, value, register }: KfuncArgument): Partial<Given> {
  if (value.kind !== "scalar") throw new Refusal(`R${register} is not a scalar`, "EINVAL");
  if (!parameter.name.endsWith("__k") && !parameter.name.endsWith("__szk")) return {};
  const constant = constantOf(value);
  if (constant === undefined) throw new Refusal(`R${register} must be a known constant`, "EINVAL");
  markPrecise(value.origin);
  return { constant: Number(constant) };
}

/** A dynamic pointer: one that is there, or one that is made here as what the function says. */
function checkDynptr(
  { around, name, rule }: KfuncCall,
  { parameter, value, register }: KfuncArgument,
  first: Dynptr | undefined,
): Dynptr | undefined {
  if (!parameter.name.endsWith("__uninit")) {
    const found = dynptrAt(around.state, { value, register });
    return first ?? found;
  }
  const made = rule.makes ?? first?.about;
  if (made === undefined) throw new Undecided(`dynptr that ${name} makes`);
  const reference = rule.makes === undefined ? (first?.reference ?? 0) : 0;
  makeDynptr(around, { value, register }, { about: made, reference });
  return first;
}

function checkContext({ value, register }: KfuncArgument): void {
  if (value.kind === "ctx" && value.offset === 0 && isFixed(value)) return;
  const is = isPointer(value) ? value.kind : "scalar";
  throw new Refusal(`arg#${register - 1} expected pointer to ctx, but got ${is}`, "EINVAL");
}

/** The reference of an object. */
function checkObject({ rule }: KfuncCall, { value, register }: KfuncArgument, to: BtfType): number {
  if (to.name === "bpf_map" && value.kind === "map_ptr") return 0;
  if (to.name.startsWith("bpf_list") || to.name.startsWith("bpf_rb")) {
    throw new Undecided(`arguments of type ${to.name}`);
  }
  if (!isPointer(value) || value.kind !== "ptr_")
    throw wrongType(value, register, `ptr_${to.name}`);
  if (value.nullable)
    throw new Refusal(`Possibly NULL pointer passed to trusted arg${register - 1}`);
  if (value.type !== undefined && !beginsWith(value.type, to.name, value.offset)) {
    const is = value.type.types.typeById(value.type.id).name;
    throw new Refusal(
      `arg#${register - 1} expected pointer to STRUCT ${to.name} but R${register} has a pointer to STRUCT ${is}`,
      "EINVAL",
    );
  }
  const trusted =
    value.reference !== 0 ||
    value.trust === "trusted" ||
    (rule.takesRcu === true && value.trust === "rcu");
  if (trusted) return value.reference;
  const word = rule.takesRcu === true ? "a rcu pointer" : "referenced or trusted";
  throw new Refusal(`R${register} must be ${word}`, "EINVAL");
}
