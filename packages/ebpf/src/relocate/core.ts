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
import type { TypeSource } from "../btf/type-source.ts";
import { format } from "../isa/format.ts";
import {
  slotCount,
  type Instruction,
  type InstructionKind,
  type InstructionOf,
  type Size,
} from "../isa/instruction.ts";
import type { CoreRelocation, CoreRelocationSite } from "../spec/core-relocation.ts";
import type { ProgramSpec } from "../spec/program-spec.ts";
import { coreAnswer, loadOf, type CoreAnswer } from "./core-value.ts";
import { CoreCandidates, describeWay } from "./core-target.ts";

/** What instructions are relocated to. */
export interface CoreTypes {
  /** Types of the kernel the program is for. */
  readonly target: TypeSource;
  /** Types of its modules, asked one after the other for what the kernel has no type of that name for. */
  readonly modules?: (() => readonly TypeSource[]) | undefined;
  /** What was found so far for the types of the object file that the program is from; of its own when left out. */
  readonly candidates?: CoreCandidates | undefined;
  /** Is told what was done, relocation by relocation. */
  readonly report?: ((done: RelocationReport) => void) | undefined;
  /** Is told of each instruction that cannot be run on this kernel, by its index before the relocation, and why. */
  readonly refuse?: ((index: number, why: string) => void) | undefined;
}

/** What was done for one relocation. */
export interface RelocationReport {
  /** Index of the instruction, before the relocation. */
  readonly index: number;
  /** The instruction as it was, in the notation of the verifier. */
  readonly before: string;
  /** As it is now: a call that is refused, where the kernel lacks what was asked for. */
  readonly after: string;
  readonly kind: CoreRelocation["kind"];
  /** What is asked for: `task_struct.comm[3]`. */
  readonly what: string;
  /** Where it was found: `type 137 of vmlinux`. */
  readonly found: string | undefined;
  /** What the types of the program say, if they are known. */
  readonly from: number | bigint | undefined;
  /** What the kernel says. */
  readonly to: number | bigint | undefined;
  /** Why the instruction cannot be run on this kernel, if it cannot. */
  readonly refused: string | undefined;
}

/**
 * The program with its relocations done, in their order. Where the kernel lacks what a wide load asks for there are two
 * instructions then, which take as much room; functions begin where they did.
 * @throws {InvalidArgumentError} when an instruction has no place for what its relocation asks for, or what it asks for
 * is ambiguous.
 */
export function relocateProgram<Spec extends ProgramSpec>(program: Spec, types: CoreTypes): Spec {
  const { instructions, relocations = [], functions } = program;
  if (relocations.length === 0) return program;
  types.target.expectNames?.(new Set(relocations.map(rootName)).size);
  const candidates = types.candidates ?? new CoreCandidates();
  const replaced = replacements(instructions, relocations, { ...types, candidates });
  const relocated = replaced.flat();
  if (functions === undefined || relocated.length === instructions.length) {
    return { ...program, instructions: relocated };
  }
  // Where each instruction is now: those before it may have become two.
  let count = 0;
  const moved = replaced.map(({ length }) => (count += length) - length);
  return {
    ...program,
    instructions: relocated,
    functions: functions.map((each) => ({ ...each, index: moved[each.index] ?? each.index })),
  };
}

/** Name of the type that a relocation starts from. */
function rootName({ core }: CoreRelocationSite): string {
  return "field" in core ? core.field.struct : core.type;
}

/** What stands in the place of each instruction. */
function replacements(
  instructions: readonly Instruction[],
  sites: readonly CoreRelocationSite[],
  types: CoreTypes,
): readonly (readonly Instruction[])[] {
  const replaced: (readonly Instruction[])[] = instructions.map((instruction) => [instruction]);
  for (const site of sites) {
    const [instruction] = replaced[site.index] ?? [];
    if (instruction === undefined) {
      throw new InvalidArgumentError(
        `a relocation is for instruction ${site.index} of ${instructions.length}`,
      );
    }
    replaced[site.index] = relocateOne(instruction, site, types);
  }
  return replaced;
}

function relocateOne(
  instruction: Instruction,
  site: CoreRelocationSite,
  types: CoreTypes,
): readonly Instruction[] {
  const { kind } = site.core;
  const put = places[instruction.kind] as Put<Instruction> | undefined;
  const isAddress = kind === "field-offset";
  if (put === undefined || (accesses.has(instruction.kind) && !isAddress)) {
    throw new InvalidArgumentError(
      `"${format(instruction)}" has no place for a relocation of kind ${kind}`,
    );
  }
  const answer = coreAnswer(site, types);
  const { value } = answer;
  const size =
    isAddress && accesses.has(instruction.kind) ? changedSize(instruction, answer) : undefined;
  const refused = refusal(answer, size, types);
  if (refused !== undefined) types.refuse?.(site.index, refused);
  const now =
    value === undefined || refused !== undefined
      ? poisoned(instruction)
      : [put(instruction, value, size ?? undefined)];
  types.report?.(reportOf({ site, instruction, answer, now, refused }));
  return now;
}

/** Why an instruction cannot be run. */
function refusal(
  { value, way, target }: CoreAnswer,
  size: Size | null | undefined,
  types: CoreTypes,
): string | undefined {
  if (value === undefined) return `${types.target.path} has no ${describeWay(way)}`;
  if (size !== null) return undefined;
  return `${describeWay(way)} has another size in ${target?.types.path}, and its value cannot be loaded with it`;
}

function reportOf({
  site,
  instruction,
  answer,
  now,
  refused,
}: {
  readonly site: CoreRelocationSite;
  readonly instruction: Instruction;
  readonly answer: CoreAnswer;
  readonly now: readonly Instruction[];
  readonly refused: string | undefined;
}): RelocationReport {
  const { target, compiled, value, way } = answer;
  return {
    index: site.index,
    before: format(instruction),
    after: format(now[0]!),
    kind: site.core.kind,
    what: describeWay(way),
    found: target && `type ${target.root.id} of ${target.types.path}`,
    from: compiled,
    to: value,
    refused,
  };
}

/**
 * Calls of a helper that does not exist, which the verifier refuses where it cannot prove that nobody gets there: as many
 * as the instruction has slots, so that jumps lead where they did. The number is the one libbpf and the kernel use, so
 * that readers of logs recognise it.
 */
function poisoned(instruction: Instruction): readonly Instruction[] {
  const { label, source } = instruction;
  const rest: Instruction = {
    kind: "call-helper",
    id: 0xbad2310,
    ...(source === undefined ? {} : { source }),
  };
  const first = { ...rest, ...(label === undefined ? {} : { label }) };
  return slotCount(instruction) === 2 ? [first, rest] : [first];
}

/** Sizes that a load or store can have, by bytes. */
const sizes: Readonly<Record<number, Size>> = { 1: "u8", 2: "u16", 4: "u32", 8: "u64" };

/**
 * The size that an access to the whole field must have in the target where it has another one than in the types it
 * was compiled with; `null` when no access can do, `undefined` when nothing changes.
 * @throws {InvalidArgumentError} when it is not an access to the whole field, and so nobody can tell what it wants.
 */
function changedSize(
  instruction: Instruction,
  { way, target }: CoreAnswer,
): Size | null | undefined {
  const { local } = way;
  const before = local && loadOf(local.root.types, local.place);
  const after = target && loadOf(target.types, target.place);
  if (before === undefined || after === undefined || before.size === after.size) return undefined;
  if (before.grows === undefined || before.grows !== after.grows) return null;
  if ("size" in instruction && instruction.size !== sizes[before.size]) {
    throw new InvalidArgumentError(
      `"${format(instruction)}" accesses a part of ${describeWay(way)}, whose size differs in ${target?.types.path}`,
      { hint: "access the whole field, or ask for its size with bpf_core_field_size" },
    );
  }
  return sizes[after.size] ?? null;
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
