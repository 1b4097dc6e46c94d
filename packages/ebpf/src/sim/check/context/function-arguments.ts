/**
 * The context of programs that are made for one function of the kernel: its arguments, eight bytes each.
 *
 * What an argument is the kernel's types say: a number, or an address of an object of the kernel, which is trusted where
 * the kernel holds it for the program. The rules are those of `btf_ctx_access` of kernel/bpf/btf.c.
 * @module
 */
import type { Btf } from "../../../btf/btf.ts";
import type { BtfFuncProto, BtfType } from "../../../btf/type.ts";
import { unknownScalar } from "../number/scalar.ts";
import type { CheckedProgram } from "../program.ts";
import { Refusal, Undecided } from "../refusal.ts";
import { pointer, type Trust, type Value } from "../state/value.ts";
import { mayBeNull } from "./null-arguments.ts";

/** What a load of an argument gives. */
export function argumentAt(
  program: CheckedProgram,
  { offset, size }: { readonly offset: number; readonly size: number },
  newId: () => number,
): Value {
  if (offset < 0 || offset % size !== 0 || offset >= maxArguments * 8) {
    throw new Refusal(`invalid bpf_context access off=${offset} size=${size}`);
  }
  const { types, proto, skipped, name } = prototypeOf(program);
  if (offset % 8 !== 0) {
    throw new Refusal(`func '${name}' offset ${offset} is not multiple of 8`);
  }
  const parameters = proto.parameters.slice(skipped);
  const index = offset / 8;
  const place = program.expectedAttachType ?? "";
  const isResult = index === parameters.length && withResult.has(place);
  const type = isResult ? proto.type : parameters[index]?.type;
  if (type === undefined) {
    throw new Refusal(`func '${name}' doesn't have ${index + 1}-th argument`);
  }
  const what = types.resolve(type);
  if (what.kind !== "ptr") return unknownScalar;
  if (size !== 8) throw new Refusal(`func '${name}' size ${size} must be 8`);
  const argument = { index: index + skipped, name, parameter: parameters[index]?.name ?? "" };
  return addressOf(program, { types, to: types.resolve(what.type), argument }, newId);
}

/** Whether programs like this one return nothing. */
export function returnsNothing(program: CheckedProgram): boolean {
  if (program.type !== "struct_ops" && program.type !== "lsm") return false;
  const { types, proto } = prototypeOf(program);
  return types.resolve(proto.type).kind === "void";
}

const maxArguments = 12;
const withResult: ReadonlySet<string> = new Set(["trace_fexit", "modify_return", "lsm_mac"]);

interface Argument {
  readonly types: Btf;
  readonly to: BtfType;
  readonly argument: { readonly index: number; readonly name: string; readonly parameter: string };
}

function addressOf(
  program: CheckedProgram,
  { types, to, argument }: Argument,
  newId: () => number,
): Value {
  const iterates = program.expectedAttachType === "trace_iter";
  if (iterates && to.kind !== "struct") {
    return pointer("buf", {
      nullable: true,
      id: newId(),
      size: 0,
      own: argument.parameter === "value",
    });
  }
  if (to.kind !== "struct" && to.kind !== "union" && to.kind !== "fwd") return unknownScalar;
  const nullable = isNullable(program, argument);
  const trust: Trust = isTrusted(program) ? "trusted" : "plain";
  const id =
    memberOf(program) === "tcp_congestion_ops" && to.name === "sock"
      ? (types.findByName("tcp_sock", "struct")?.id ?? to.id)
      : to.id;
  return pointer("ptr_", { type: { types, id }, trust, nullable, id: nullable ? newId() : 0 });
}

function isTrusted({ type, expectedAttachType: place }: CheckedProgram): boolean {
  if (type === "tracing") return place === "trace_raw_tp" || place === "trace_iter";
  return type === "lsm" || type === "struct_ops";
}

function isNullable(
  { expectedAttachType: place }: CheckedProgram,
  { name, index, parameter }: Argument["argument"],
): boolean {
  if (parameter.endsWith("__nullable")) return true;
  if (place === "trace_iter")
    return parameter !== "meta" && !(parameter === "map" && mapElements.has(name));
  return name.startsWith("btf_trace_") && mayBeNull(name.slice("btf_trace_".length), index - 1);
}

/** Iterators over what a map has, which is there. */
const mapElements: ReadonlySet<string> = new Set([
  "bpf_iter_bpf_map_elem",
  "bpf_iter_bpf_sk_storage_map",
]);

/** The struct that a function of a struct is for; TCP gives such functions its own sockets. */
function memberOf({ type, kernelTypes, attachBtfId = 0 }: CheckedProgram): string | undefined {
  return type === "struct_ops" ? kernelTypes?.typeById(attachBtfId).name : undefined;
}

/** Member of a struct of functions that a program is made for: `tcp_congestion_ops.release`. */
export function memberName(program: CheckedProgram): string | undefined {
  const { type, kernelTypes, attachBtfId = 0, structOpsMember = 0 } = program;
  const struct = type === "struct_ops" ? kernelTypes?.typeById(attachBtfId) : undefined;
  if (struct?.kind !== "struct") return undefined;
  return `${struct.name}.${struct.members[structOpsMember]?.name ?? ""}`;
}

interface Prototype {
  readonly types: Btf;
  readonly proto: BtfFuncProto;
  /** Arguments that the program does not get. */
  readonly skipped: number;
  readonly name: string;
}

function prototypeOf({
  kernelTypes,
  attachBtfId,
  type,
  onProgram,
  ...rest
}: CheckedProgram): Prototype {
  if (onProgram === true) throw new Undecided("functions of other programs");
  if (kernelTypes === undefined || attachBtfId === undefined) {
    throw new Undecided(`what ${type} programs are given, without types of the kernel`);
  }
  const target = kernelTypes.typeById(attachBtfId);
  if (type === "struct_ops") return memberPrototype(kernelTypes, target, rest.structOpsMember ?? 0);
  if (target.kind === "func") {
    return {
      types: kernelTypes,
      proto: protoIn(kernelTypes, target.type),
      skipped: 0,
      name: target.name,
    };
  }
  if (target.kind !== "typedef") throw new Undecided("what the program is for");
  const address = kernelTypes.resolve(target.type);
  const to = address.kind === "ptr" ? address.type : 0;
  return { types: kernelTypes, proto: protoIn(kernelTypes, to), skipped: 1, name: target.name };
}

function memberPrototype(types: Btf, struct: BtfType, index: number): Prototype {
  const member = struct.kind === "struct" ? struct.members[index] : undefined;
  const address = member === undefined ? undefined : types.resolve(member.type);
  if (member === undefined || address?.kind !== "ptr")
    throw new Undecided("what the program is for");
  return { types, proto: protoIn(types, address.type), skipped: 0, name: member.name };
}

function protoIn(types: Btf, id: number): BtfFuncProto {
  const proto = types.resolve(id);
  if (proto.kind !== "func_proto") throw new Undecided("what the program is for");
  return proto;
}
