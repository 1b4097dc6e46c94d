/**
 * Probes: the registers of the machine, and the arguments that are in them when a function is called.
 *
 * Arguments are where the calling convention of the machine puts them; which machine it is, the names of its registers
 * in BTF tell.
 * @module
 */
import type { AttachTarget, KprobeTarget } from "../../../spec/program-spec.ts";
import type { Btf } from "../../../btf/btf.ts";
import { btfType } from "../btf-types.ts";
import { bigintScalar, type Entity, regions } from "../entity.ts";
import type { Lowering } from "../lowering.ts";
import { loadWord } from "../memory/load.ts";
import { type DirectPlace, elementPlace, fieldPlace, pointeePlace } from "../memory/place.ts";
import { asValue } from "../memory/place.ts";
import type { Place } from "../entity.ts";
import type { StructType } from "../type.ts";
import { argumentEntity } from "./arguments.ts";
import { type ContextSite, contextPointer, type Parameter } from "./site.ts";
import { btfOf, kernelStructOf } from "./kernel-types.ts";

/** The registers, as one object. */
export function probeRegisters({
  lowering,
  context,
}: ContextSite<AttachTarget>): readonly Parameter[] {
  return [() => contextPointer(context, registersType(lowering), regions.context)];
}

/** The type of the registers of the machine. */
export function registersType(lowering: Lowering): StructType {
  const btf = btfOf(lowering);
  const name = btf.findByName("user_pt_regs", "struct") === undefined ? "pt_regs" : "user_pt_regs";
  return kernelStructOf(lowering, name);
}

/** Arguments of a kernel function from the registers. A function that BTF does not know gives its registers as u64. */
export function probeArguments({
  lowering,
  target,
  context,
}: ContextSite<KprobeTarget>): readonly Parameter[] {
  // Only where a known function starts its arguments are where they were passed.
  if (target.offset > 0 || target.address !== undefined) {
    return probeRegisters({ lowering, target, context });
  }
  const btf = btfOf(lowering);
  const registers = registersType(lowering);
  const types = parameterTypes(btf, target.symbol);
  return Array.from({ length: types?.length ?? 6 }, (_, index) => () => {
    const pointer = contextPointer(context, registers, regions.context);
    const place = argumentPlace(pointeePlace(lowering, pointer), registers, index);
    if (place === undefined) {
      const hint = "it lies on the stack of the function, where fentry finds it";
      const message = `argument ${index + 1} is not in a register`;
      return lowering.fail(lowering.source.node, message, hint);
    }
    const word = loadWord(lowering, place as DirectPlace, { bytes: 8, signed: false });
    const id = types?.[index];
    return id === undefined ? bigintScalar(word) : untracked(lowering, asValue(lowering, word), id);
  });
}

function parameterTypes(btf: Btf, symbol: string): readonly number[] | undefined {
  if (btf.findByName(symbol, "func") === undefined) return undefined;
  return btf.signature(symbol).parameters.map(({ type }) => type);
}

/** Behind a breakpoint the verifier follows no pointers. */
function untracked(lowering: Lowering, word: ReturnType<typeof asValue>, id: number): Entity {
  const entity = argumentEntity(lowering, word, btfType(btfOf(lowering), id));
  if (entity.kind !== "pointer" || entity.type.region !== regions.kernel) return entity;
  return { ...entity, type: { ...entity.type, region: regions.untracked } };
}

/** System V AMD64 ABI, as the kernel names the registers in struct pt_regs (arch/x86/include/asm/ptrace.h). */
const x86Registers = ["di", "si", "dx", "cx", "r8", "r9"];

/** Where an argument is; `undefined` when in no register: x86-64 by name, arm64 and others by number. */
export function argumentPlace(
  place: Place,
  registers: StructType,
  index: number,
): Place | undefined {
  const name = x86Registers[index];
  const field = name === undefined ? undefined : registers.field(name);
  if (name !== undefined && field !== undefined) return fieldPlace(place, name, field);
  const array = registers.field("regs");
  if (array?.type.kind !== "array" || index > 7) return undefined;
  return elementPlace(fieldPlace(place, "regs", array), array.type, index);
}
