/**
 * Parameters from BTF: arguments of kernel functions, tracepoints and hooks, each in 8 bytes of the context.
 * @module
 */
import { BpfError } from "../../../base/errors.ts";
import { didYouMean } from "../../../base/text.ts";
import { structOpsOf } from "../../../btf/struct-ops.ts";
import { tracepointArguments } from "../../../btf/tracepoint.ts";
import type { AttachTarget } from "../../../spec/program-spec.ts";
import type { Value } from "../../ir/operation.ts";
import { btfType } from "../btf-types.ts";
import { extend } from "../compute.ts";
import { bigintScalar, booleanScalar, type Entity, numberScalar, regions } from "../entity.ts";
import type { Lowering } from "../lowering.ts";
import type { MemoryType, PointerType } from "../type.ts";
import { type ContextSite, contextPointer, type Parameter } from "./site.ts";
import { btfOf, kernelStructOf } from "./kernel-types.ts";

type Site<Kind extends AttachTarget["kind"]> = ContextSite<Extract<AttachTarget, { kind: Kind }>>;

/** Arguments of a BTF tracepoint. */
export function tracepointArgumentsOf({
  lowering,
  target,
  context,
}: Site<"tp_btf">): readonly Parameter[] {
  const btf = btfOf(lowering);
  const { parameters } = orFail(lowering, () => tracepointArguments(btf, target.name));
  return parameters.map(({ type }, index) => argument({ lowering, context, index, type }));
}

/** Arguments of a kernel function; behind them what it returns, where that is known. */
export function functionArguments(
  { lowering, target, context }: Site<"fentry" | "fexit" | "fsession" | "fmod_ret">,
  { withResult }: { readonly withResult: boolean },
): readonly Parameter[] {
  const btf = btfOf(lowering);
  const { parameters, returnType } = orFail(lowering, () => btf.signature(target.name));
  const types = parameters.map(({ type }) => type);
  const given = withResult && returnType !== 0 ? [...types, returnType] : types;
  return given.map((type, index) => argument({ lowering, context, index, type }));
}

/** Arguments of a hook of security modules; behind them what programs before said. */
export function hookArguments({
  lowering,
  target,
  context,
}: Site<"lsm" | "lsm_cgroup">): readonly Parameter[] {
  const btf = btfOf(lowering);
  const name = `bpf_lsm_${target.hook}`;
  const { parameters, returnType } = orFail(lowering, () => btf.signature(name));
  const types = [...parameters.map(({ type }) => type), returnType];
  return types.map((type, index) => argument({ lowering, context, index, type }));
}

/** Arguments of a function in a struct of functions that programs stand in for. */
export function memberArguments({
  lowering,
  target,
  context,
}: Site<"struct_ops">): readonly Parameter[] {
  const btf = btfOf(lowering);
  const { members } = orFail(lowering, () => structOpsOf(btf, target.type));
  const functions = members.filter(({ kind }) => kind === "function");
  const member = functions.find(({ name }) => name === target.member);
  if (member === undefined) {
    const names = functions.map(({ name }) => name);
    const message = `${target.type} has no function "${target.member}"`;
    const hint = didYouMean(target.member, names) ?? `its functions are ${names.join(", ")}`;
    return lowering.fail(lowering.source.node, message, hint);
  }
  const { parameters } = btf.signature(member.type);
  return parameters.map(({ type }, index) => argument({ lowering, context, index, type }));
}

/** What an iterator gives: the whole record, as one object. */
export function iteratorArguments({
  lowering,
  target,
  context,
}: Site<"iter">): readonly Parameter[] {
  const struct = kernelStructOf(lowering, `bpf_iter__${target.name}`);
  return [() => contextPointer(context, struct, regions["btf-context"])];
}

function orFail<Result>(lowering: Lowering, ask: () => Result): Result {
  try {
    return ask();
  } catch (error) {
    if (!(error instanceof BpfError)) throw error;
    const hint = error.hint ?? "what a kernel has is shown by ts-ebpf btf dump";
    return lowering.fail(lowering.source.node, error.message, hint);
  }
}

interface ArgumentPlace {
  readonly lowering: Lowering;
  readonly context: Value;
  readonly index: number;
  /** Id in the kernel's BTF. */
  readonly type: number;
}

function argument({ lowering, context, index, type }: ArgumentPlace): Parameter {
  return () => {
    const word = lowering.builder.define({
      kind: "load",
      base: context,
      offset: 8 * index,
      bytes: 8,
      signed: false,
      memory: "context",
    });
    return argumentEntity(lowering, word, btfType(btfOf(lowering), type));
  };
}

/** An argument in 64 bits as a value of its type. Pointers to structs are followed by the verifier, others not. */
export function argumentEntity(lowering: Lowering, word: Value, type: MemoryType): Entity {
  if (type.kind === "pointer") return argumentPointer(word, type);
  if (type.kind === "bool") {
    return booleanScalar(extend(lowering, word, { bits: 8, signed: false }));
  }
  if (type.kind !== "integer") return bigintScalar(word);
  const operand = extend(lowering, word, type);
  return type.value === "bigint" ? bigintScalar(operand, type.signed) : numberScalar(operand);
}

function argumentPointer(operand: Value, type: PointerType): Entity {
  const target = type.target();
  const isFollowed = target.kind === "struct" && type.space === "kernel";
  const unfollowed = type.space === "user" ? regions.user : regions.untracked;
  const region = isFollowed ? regions.kernel : unfollowed;
  return { kind: "pointer", type: { target, region, nullable: false }, operand };
}
