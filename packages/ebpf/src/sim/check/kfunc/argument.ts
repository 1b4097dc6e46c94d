/**
 * What functions of the kernel are given: a rule for each kind of parameter, which its type, the end of its name and what
 * the register holds tell.
 *
 * Objects must be of the type, and trusted where the function says so; memory as large as the number behind it says, the
 * context the program's own. `get_kfunc_ptr_arg_type` and `check_kfunc_args` of kernel/bpf/verifier.c.
 * @module
 */
import type { BtfFuncProto, BtfParameter, BtfType } from "../../../btf/type.ts";
import { contextNames } from "../context/names.ts";
import { assertText } from "../helper/argument.ts";
import { typeName, type Surroundings } from "../memory/access.ts";
import { markPrecise } from "../number/origin.ts";
import { constantOf } from "../number/scalar.ts";
import { type Dynptr, dynptrAt, makeDynptr } from "../object/dynptr.ts";
import { changeIrqs } from "../object/irq-flag.ts";
import { giveLockBack, mayHoldLock, takeLock } from "../object/lock.ts";
import { assertSameMap, type GivenMap, mapOfField } from "../object/place-in-map.ts";
import { Refusal, Undecided } from "../refusal.ts";
import { currentFrame } from "../state/state.ts";
import { isFixed, isNull, isPointer, type Value } from "../state/value.ts";
import { checkKfuncMemory } from "./memory.ts";
import { checkKfuncObject, isObject } from "./object.ts";
import type { KfuncRule } from "./rules.ts";

/** The call of a function of the kernel. */
export interface KfuncCall {
  readonly around: Surroundings;
  readonly name: string;
  readonly proto: BtfFuncProto;
  readonly rule: KfuncRule;
}

/** What the arguments were found to be. */
export interface Given {
  /** The reference that came with an argument, or 0. */
  readonly reference: number;
  /** The dynamic pointer that was given first. */
  readonly dynptr: Dynptr | undefined;
  /** The number that must be known: of bytes, of a type. */
  readonly constant: number | undefined;
  /** The map that a field lies in, or that was given. */
  readonly map: GivenMap | undefined;
  /** Slot of the function of the program that is to be called. */
  readonly callback: number | undefined;
}

/** Checks the arguments from the one with this index on. */
export function checkKfuncArguments(call: KfuncCall, first = 0): Given {
  const { registers } = currentFrame(call.around.state);
  let given: Given = {
    reference: 0,
    dynptr: undefined,
    constant: undefined,
    map: undefined,
    callback: undefined,
  };
  for (const [index, parameter] of call.proto.parameters.entries()) {
    if (index < first || ignored.test(parameter.name)) continue;
    const register = index + 1;
    const value = registers[register]!;
    if (value.kind === "unset") throw new Refusal(`R${register} !read_ok`);
    given = checkOne(call, { parameter, value, register }, given);
  }
  if (call.rule.flags.has("release") && given.reference === 0) {
    throw new Refusal(
      `release kernel function ${call.name} expects refcounted PTR_TO_BTF_ID`,
      "EINVAL",
    );
  }
  return given;
}

/** What no register is looked at for: the function does not believe it, or the verifier gives it. */
const ignored = /__(ign|prog)$/;

/** One argument. */
export interface KfuncArgument {
  readonly parameter: BtfParameter;
  readonly value: Value;
  readonly register: number;
}

function checkOne(call: KfuncCall, argument: KfuncArgument, given: Given): Given {
  const { rule, around } = call;
  const { parameter, value, register } = argument;
  const types = around.program.kernelTypes!;
  const type = types.resolve(parameter.type);
  if (type.kind !== "ptr") return { ...given, ...checkNumber(argument) };
  const mayBeNull = parameter.name.endsWith("__nullable");
  if (believes(rule) && !mayBeNull && (isNull(value) || (isPointer(value) && value.nullable))) {
    throw new Refusal(`Possibly NULL pointer passed to trusted arg${register - 1}`);
  }
  const reference = (isObject(value) && value.reference) || given.reference;
  const to = types.resolve(type.type);
  const kind = kindOf(call, argument, to);
  return { ...given, reference, ...rules[kind](call, { ...argument, to }, given) };
}

/** Whether a function takes what is not null only. */
function believes({ flags }: KfuncRule): boolean {
  return flags.has("trusted_args") || flags.has("rcu") || flags.has("release");
}

type PointerKind =
  | "context"
  | "null"
  | "dynptr"
  | "field"
  | "lock"
  | "irq-flag"
  | "text"
  | "map"
  | "callback"
  | "object"
  | "special"
  | "memory";

/** What an address is for, in the order in which the kernel finds out. */
function kindOf(
  { around }: KfuncCall,
  { parameter, value }: KfuncArgument,
  to: BtfType,
): PointerKind {
  const { name } = parameter;
  if (contextNames[around.program.type]?.includes(to.name) === true) return "context";
  if (name.endsWith("__nullable") && isNull(value)) return "null";
  if (to.name === "bpf_dynptr" || to.name === "bpf_dynptr_kern") return "dynptr";
  if (specialStructs.test(to.name) || specialNames.test(name)) return "special";
  if (fields.has(to.name)) return "field";
  if (name.endsWith("__str")) return "text";
  if (name.endsWith("__map")) return "map";
  if (to.kind === "func_proto") return "callback";
  if (to.name === "bpf_res_spin_lock") return "lock";
  if (name.endsWith("__irq_flag")) return "irq-flag";
  return isObject(value) ? "object" : "memory";
}

/** What only functions with rules of their own are given. */
const specialStructs = /^bpf_(list_head|list_node|rb_root|rb_node)$/;
const specialNames = /__(alloc|refcounted_kptr)$/;

/** What functions are told of by its place in the value of a map. */
const fields: ReadonlySet<string> = new Set(["bpf_wq", "bpf_task_work"]);

/** An argument that is an address, and what its type leads to. */
interface AddressArgument extends KfuncArgument {
  readonly to: BtfType;
}

/** What is learned of the arguments by one, if anything. */
type PointerRule = (
  call: KfuncCall,
  argument: AddressArgument,
  given: Given,
) => Partial<Given> | undefined;

const rules: { readonly [Kind in PointerKind]: PointerRule } = {
  context: checkContext,
  null: () => undefined,
  dynptr: checkDynptr,
  field: (_, { value, register, to }) => {
    if (value.kind !== "map_value" || value.nullable)
      throw new Refusal(`arg#${register - 1} doesn't point to a map value`, "EINVAL");
    return { map: mapOfField(value, register, to.name) };
  },
  lock: ({ around, name }, { value, register }) => {
    if (!mayHoldLock(value)) {
      throw new Refusal(
        `arg#${register - 1} doesn't point to map value or allocated object`,
        "EINVAL",
      );
    }
    const kind = name.includes("_irq") ? "resilient irqsave" : "resilient";
    if (name.includes("unlock")) giveLockBack(around.state, value, kind);
    else takeLock(around.state, value, kind);
    return undefined;
  },
  "irq-flag": ({ around, name }, { value, register }) => {
    changeIrqs(around, { name, value, register });
    return undefined;
  },
  text: (_, { value, register }) => {
    assertText(value, register);
    return undefined;
  },
  map: checkMap,
  callback: (_, { value, register }) => {
    if (value.kind !== "func")
      throw new Refusal(`arg${register - 1} expected pointer to func`, "EINVAL");
    return { callback: value.place };
  },
  object: (call, argument) => {
    checkKfuncObject(call, argument, argument.to);
    return undefined;
  },
  special: ({ name }, { parameter }) => {
    throw new Undecided(`argument ${parameter.name} of ${name}`);
  },
  memory: (call, argument) => {
    checkKfuncMemory(call, argument, argument.to);
    return undefined;
  },
};

/** A map, the one that a field given before lies in. */
function checkMap(
  { rule, around, name }: KfuncCall,
  argument: AddressArgument,
  { map }: Given,
): Partial<Given> {
  const { value, register } = argument;
  if (!isObject(value)) throw new Refusal(`pointer in R${register} isn't map pointer`, "EINVAL");
  const struct = around.program.kernelTypes!.typeByName("bpf_map", "struct");
  checkKfuncObject({ rule, name }, argument, struct);
  if (value.map === undefined) return {};
  const given = { map: value.map, mapId: value.mapId, register };
  if (map !== undefined)
    assertSameMap(map, given, rule.flags.has("trusted_args") ? "bpf_task_work" : "workqueue");
  return { map: given };
}

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
  { around, name }: KfuncCall,
  { parameter, value, register }: KfuncArgument,
  { dynptr: first }: Given,
): Partial<Given> | undefined {
  if (!parameter.name.endsWith("__uninit")) {
    const found = dynptrAt(around.state, { value, register });
    return { dynptr: first ?? found };
  }
  const about = makers[name] ?? first?.about;
  if (about === undefined) throw new Undecided(`dynptr that ${name} makes`);
  const reference = makers[name] === undefined ? (first?.reference ?? 0) : 0;
  makeDynptr(around, { value, register }, { about, reference });
  return undefined;
}

/** What a dynamic pointer is about, by the function that makes it. */
const makers: Readonly<Record<string, string>> = {
  bpf_dynptr_from_skb: "skb",
  bpf_dynptr_from_skb_meta: "skb_meta",
  bpf_dynptr_from_xdp: "xdp",
};

function checkContext(_call: KfuncCall, { value, register }: KfuncArgument): undefined {
  if (value.kind === "ctx" && value.offset === 0 && isFixed(value)) return;
  const is = isPointer(value) ? typeName(value) : "scalar";
  throw new Refusal(`arg#${register - 1} expected pointer to ctx, but got ${is}`, "EINVAL");
}
