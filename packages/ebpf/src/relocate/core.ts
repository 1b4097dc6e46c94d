/**
 * CO-RE relocation: what depends on the kernel, put into the instructions.
 *
 * Relocations say by name what they want to know, so the answer is looked up in the BTF of the kernel the program is
 * for, and replaces the number that the compiler left. What that kernel does not have makes the instruction one that
 * the verifier refuses, if it can be reached: programs ask with `exists` first. Kernels since 5.17 can do the same by
 * themselves, from the records of `describe-program.ts`.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import { resolveType } from "../btf/resolve.ts";
import type { BtfField } from "../btf/member-walk.ts";
import type { TypeSource } from "../btf/type-source.ts";
import { format } from "../isa/format.ts";
import {
  slotCount,
  type Instruction,
  type InstructionKind,
  type InstructionOf,
  type Size,
} from "../isa/instruction.ts";
import type { CoreField, CoreRelocation, CoreRelocationSite } from "../spec/core-relocation.ts";
import { accessOf, coreValue } from "./core-value.ts";
import { namedField } from "./named.ts";

/** What instructions are relocated from and to. */
export interface CoreTypes {
  /** Types of the kernel the program is for. */
  readonly target: TypeSource;
  /**
   * Types that the program was compiled with. A load of a whole field follows when the size of the field differs;
   * without these types it does not.
   */
  readonly local?: TypeSource | undefined;
}

/**
 * The instructions with their relocations done, as many as before.
 * @throws {InvalidArgumentError} when an instruction has no place for what its relocation asks for.
 */
export function relocateCore(
  instructions: readonly Instruction[],
  sites: readonly CoreRelocationSite[],
  types: CoreTypes,
): readonly Instruction[] {
  const relocated = [...instructions];
  for (const { index, core } of sites) {
    const instruction = relocated[index];
    if (instruction === undefined) {
      throw new InvalidArgumentError(
        `a relocation is for instruction ${index} of ${instructions.length}`,
      );
    }
    relocated[index] = relocateOne(instruction, core, types);
  }
  assertPlacesKept(instructions, relocated);
  return relocated;
}

/** A poisoned wide load is one slot shorter, which only labels follow. */
function assertPlacesKept(before: readonly Instruction[], after: readonly Instruction[]): void {
  const moved = before.findIndex((old, index) => slotCount(old) !== slotCount(after[index]!));
  const counts = before.some((old) => "target" in old && typeof old.target === "number");
  if (moved === -1 || !counts) return;
  throw new InvalidArgumentError(
    `"${format(before[moved]!)}" asks for what the kernel does not have, and cannot be replaced where jumps count instructions`,
    { hint: "let jumps and calls go to labels" },
  );
}

function relocateOne(
  instruction: Instruction,
  core: CoreRelocation,
  types: CoreTypes,
): Instruction {
  const put = places[instruction.kind] as Put<Instruction> | undefined;
  const isAddress = core.kind === "field-offset";
  if (put === undefined || (accesses.has(instruction.kind) && !isAddress)) {
    throw new InvalidArgumentError(
      `"${format(instruction)}" has no place for a relocation of kind ${core.kind}`,
    );
  }
  const value = coreValue(core, types.target);
  if (value === undefined) return poisoned(instruction);
  const size = isAddress ? changedSize(core.field, types) : undefined;
  return size === null ? poisoned(instruction) : put(instruction, value, size);
}

/**
 * A call of a helper that does not exist, which the verifier refuses where it cannot prove that nobody gets there.
 * The number is the one libbpf and the kernel use, so that readers of logs recognise it.
 */
function poisoned({ label, source }: Instruction): Instruction {
  return {
    kind: "call-helper",
    id: 0xbad2310,
    ...(label === undefined ? {} : { label }),
    ...(source === undefined ? {} : { source }),
  };
}

/** Sizes that a load or store can have, by bytes. */
const sizes: Readonly<Record<number, Size>> = { 1: "u8", 2: "u16", 4: "u32", 8: "u64" };

/**
 * The size that an access to the whole field must have in the target where it has another one than in the types it
 * was compiled with; `null` when no access can do, `undefined` when nothing changes. Only pointers and unsigned
 * integers may change their size: of others the value would be another one.
 */
function changedSize(field: CoreField, { target, local }: CoreTypes): Size | null | undefined {
  const before = local && namedField(local, field);
  const after = namedField(target, field);
  if (local === undefined || before === undefined || after === undefined) return undefined;
  const size = accessOf(after, target).size;
  if (accessOf(before, local).size === size) return undefined;
  const isSame =
    growthOf(local, before) !== undefined && growthOf(local, before) === growthOf(target, after);
  return (isSame ? sizes[size] : undefined) ?? null;
}

/** What kind of thing it is, if it may change its size. */
function growthOf(types: TypeSource, { type }: BtfField): "ptr" | "int" | undefined {
  const resolved = resolveType(types, type);
  if (resolved.kind === "ptr") return "ptr";
  return resolved.kind === "int" && resolved.encoding !== "signed" ? "int" : undefined;
}

type Put<I extends Instruction> = (
  instruction: I,
  value: number | bigint,
  size: Size | undefined,
) => Instruction;

/** Instructions that hold an address within something: only an offset of a field can be put there. */
const accesses: ReadonlySet<InstructionKind> = new Set([
  "load",
  "store",
  "atomic",
  "load-acquire",
  "store-release",
]);

/** Where each kind of instruction has its number. */
const places: { readonly [Kind in InstructionKind]?: Put<InstructionOf<Kind>> } = {
  alu: (instruction, value) => putImmediate(instruction, value),
  load: (instruction, value, size) => ({
    ...instruction,
    offset: Number(value),
    size: size ?? instruction.size,
  }),
  store: (instruction, value, size) => ({
    ...instruction,
    offset: Number(value),
    size: size ?? instruction.size,
  }),
  atomic: (instruction, value) => ({ ...instruction, offset: Number(value) }),
  "load-acquire": (instruction, value) => ({ ...instruction, offset: Number(value) }),
  "store-release": (instruction, value) => ({ ...instruction, offset: Number(value) }),
  "wide-load": (instruction, value) => ({
    ...instruction,
    value: BigInt.asUintN(64, BigInt(value)),
  }),
};

function putImmediate(instruction: InstructionOf<"alu">, value: number | bigint): Instruction {
  if (typeof instruction.src !== "number") {
    throw new InvalidArgumentError(
      `"${format(instruction)}" has no number that could be relocated`,
      { hint: "relocate an instruction that takes a number instead of a register" },
    );
  }
  const number = Number(value);
  // With 64 bits the sign is extended, with 32 it does not matter.
  const end = instruction.width === 64 ? 2 ** 31 : 2 ** 32;
  if (number >= -(2 ** 31) && number < end) return { ...instruction, src: number | 0 };
  throw new InvalidArgumentError(`${value} does not fit into "${format(instruction)}"`, {
    hint: "relocate a wide load instead",
  });
}
