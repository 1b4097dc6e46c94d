/**
 * The kernel calls a function of a struct of functions that is registered.
 * @module
 */
import { InvalidArgumentError } from "../../base/errors.ts";
import { didYouMean } from "../../base/text.ts";
import { sizeOf } from "../../btf/resolve.ts";
import { structOpsOf, type StructOpsMember } from "../../btf/struct-ops.ts";
import type { BtfTypeOf } from "../../btf/type.ts";
import type { Core } from "../core.ts";
import type { StructOpsStore } from "../map/struct-ops-store.ts";
import type { Given } from "../typed/given.ts";
import type { Called } from "./function.ts";
import { runProgram, toldOf } from "./run.ts";
import { Scope } from "./scope.ts";

/** Which function is called, of what. */
export interface StructOpsCall {
  /** `tcp_congestion_ops`. */
  readonly type: string;
  /** `ssthresh`. */
  readonly member: string;
  /** By the types of its parameters, so that an object becomes one of the kernel's. */
  readonly args?: readonly Given[];
  /** Name of the struct, where several of the type are registered. */
  readonly name?: string;
}

/** Calls a function of a struct; nothing runs where none is registered, or it has no such function. */
export function fireStructOps(core: Core, call: StructOpsCall): Called {
  const { type, member, args = [] } = call;
  const found = functionOf(core, type, member);
  const program = registeredFor(core, call)?.programs.get(member);
  if (program === undefined) return { runs: [], result: 0n };
  using scope = new Scope(core);
  const { btf } = core.types;
  const prototype = btf.resolve((btf.resolve(found.type) as BtfTypeOf<"ptr">).type);
  const { parameters, type: returns } = prototype as BtfTypeOf<"func_proto">;
  const words = scope.arguments(args, parameters);
  const missing = parameters.slice(words.length).map(() => 0n);
  const given = { argumentCount: parameters.length };
  const ran = runProgram(core, program, scope.words([...words, ...missing]), given);
  const isVoid = btf.resolve(returns).kind === "void";
  const result = isVoid ? 0n : BigInt.asUintN(8 * sizeOf(btf, returns), ran.result);
  return { runs: toldOf([ran]), result };
}

/** @throws {InvalidArgumentError} when the kernel has no such struct, or the struct no such function. */
function functionOf(core: Core, type: string, member: string): StructOpsMember {
  const { members } = structOpsOf(core.types.btf, type);
  const functions = members.filter(({ kind }) => kind === "function");
  const found = functions.find(({ name }) => name === member);
  if (found !== undefined) return found;
  const names = functions.map(({ name }) => name);
  throw new InvalidArgumentError(`${type} has no function "${member}"`, {
    hint: didYouMean(member, names) ?? `it has ${names.join(", ")}`,
  });
}

/** @throws {InvalidArgumentError} when it is not clear which one is meant. */
function registeredFor(core: Core, { type, name }: StructOpsCall): StructOpsStore | undefined {
  const all = core.structOps.of(type);
  if (name !== undefined) return all.find((it) => it.text("name") === name);
  if (all.length < 2) return all[0];
  throw new InvalidArgumentError(`${all.length} structs ${type} are registered`, {
    hint: `say which one is called: { name: "${all[0]!.text("name")}" }`,
  });
}
