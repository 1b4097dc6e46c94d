/**
 * System calls: arguments out of the registers of the process.
 *
 * Where the kernel's functions for system calls are wrappers, the first argument of the wrapper is a pointer to the
 * registers as the process left them, and the arguments of the call are in there. Which of the two it is, BTF of the
 * kernel tells: it has the wrapper.
 * @module
 */
import type { Btf } from "../../../btf/btf.ts";
import type { SyscallTarget } from "../../../spec/program-spec.ts";
import { btfType } from "../btf-types.ts";
import { bigintScalar, type Entity, type Place, regions } from "../entity.ts";
import type { Lowering } from "../lowering.ts";
import { loadWord } from "../memory/load.ts";
import { asValue, type DirectPlace, fieldPlace, pointeePlace } from "../memory/place.ts";
import type { StructType } from "../type.ts";
import { argumentEntity } from "./arguments.ts";
import { btfOf, kernelStructOf } from "./kernel-types.ts";
import { argumentPlace, registersType } from "./probe.ts";
import { type ContextSite, contextPointer, type Parameter } from "./site.ts";

/** How many arguments a system call has at most. */
const most = 6;

/** The arguments of a system call, typed where BTF has the function behind the wrapper. */
export function syscallArguments({
  lowering,
  target,
  context,
}: ContextSite<SyscallTarget>): readonly Parameter[] {
  const btf = btfOf(lowering);
  const types = argumentTypes(btf, target.name);
  return Array.from({ length: types?.length ?? most }, (_, index) => (): Entity => {
    const registers = registersType(lowering);
    const atProbe = pointeePlace(lowering, contextPointer(context, registers, regions.context));
    const place = isWrapped(btf, target.name)
      ? processArgument(lowering, atProbe, registers, index)
      : argumentPlace(atProbe, registers, index);
    if (place === undefined) return noRegister(lowering, index);
    const word = loadWord(lowering, place as DirectPlace, { bytes: 8, signed: false });
    const type = types?.[index];
    if (type === undefined) return bigintScalar(word);
    return ofProcess(argumentEntity(lowering, asValue(lowering, word), btfType(btf, type)));
  });
}

/** What a process gives to the kernel points into its own memory. */
function ofProcess(entity: Entity): Entity {
  if (entity.kind !== "pointer") return entity;
  return { ...entity, type: { ...entity.type, region: regions.user } };
}

function noRegister(lowering: Lowering, index: number): Entity {
  const hint = "system calls have six arguments at the most";
  return lowering.fail(lowering.source.node, `argument ${index + 1} is not in a register`, hint);
}

/** Whether system calls take the registers of the process: then functions are named after the architecture. */
function isWrapped(btf: Btf, name: string): boolean {
  return btf.findByName(`sys_${name}`, "func") === undefined;
}

/** Types of the arguments: the function that the wrapper calls is mostly compiled into it, and then not in BTF. */
function argumentTypes(btf: Btf, name: string): readonly number[] | undefined {
  const inner = `__do_sys_${name}`;
  if (btf.findByName(inner, "func") === undefined) return undefined;
  return btf.signature(inner).parameters.map(({ type }) => type);
}

/** Where an argument is in the registers of the process, to which the wrapper was given a pointer. */
function processArgument(
  lowering: Lowering,
  atProbe: Place,
  registers: StructType,
  index: number,
): Place | undefined {
  const pointer = argumentPlace(atProbe, registers, 0);
  if (pointer === undefined) return undefined;
  const base = loadWord(lowering, pointer as DirectPlace, { bytes: 8, signed: false });
  const whole = kernelStructOf(lowering, "pt_regs");
  const process = pointeePlace(
    lowering,
    contextPointer(asValue(lowering, base), whole, regions.untracked),
  );
  // The instruction `syscall` uses the register of the fourth argument for itself (Documentation on x86: entry_64.S).
  const fourth = index === 3 ? whole.field("r10") : undefined;
  if (fourth !== undefined) return fieldPlace(process, "r10", fourth);
  const first = index === 0 ? whole.field("orig_x0") : undefined;
  if (first !== undefined) return fieldPlace(process, "orig_x0", first);
  return argumentPlace(process, whole, index);
}
