/**
 * Arbitrary instructions and programs, for property tests with fast-check.
 *
 * One arbitrary for each kind of instruction, each over everything that can be encoded; a program makes sure that no
 * jump leads into a wide load. What comes out need not please a verifier. Needs the package fast-check.
 * @module
 */
import * as fc from "fast-check";
import type {
  Address,
  Instruction,
  InstructionKind,
  InstructionOf,
} from "../../isa/instruction.ts";
import {
  aluOperations,
  atomicOperations,
  comparisons,
  moveSignExtendedOffsets,
  signedSizes,
  sizes,
  swapOpcodes,
} from "../../isa/opcode.ts";
import { placesOf } from "../../isa/places.ts";
import { registers, type Register } from "../../isa/register.ts";

/** Any instruction, with numbers for all that can have a name: what bytes can say. */
export function arbitraryInstruction(): fc.Arbitrary<Instruction> {
  return fc.oneof(...Object.values(byKind));
}

/** Any instruction, with names here and there: of labels, maps, and variables and functions of the kernel. */
export function arbitraryNamedInstruction(): fc.Arbitrary<Instruction> {
  return fc.oneof(arbitraryInstruction(), named, jumpTo(name));
}

/** A list of instructions that encodes: no jump leads into the middle of a wide load, labels exist and are unique. */
export function arbitraryProgram(): fc.Arbitrary<readonly Instruction[]> {
  const instruction = fc.oneof(arbitraryInstruction(), jumpTo(fc.nat({ max: 50 })));
  return fc.array(instruction, { minLength: 1, maxLength: 50 }).map(repaired);
}

/** The same with every third instruction labelled, and short jumps going to labels where they can. */
export function arbitraryLabelledProgram(): fc.Arbitrary<readonly Instruction[]> {
  return arbitraryProgram().map((program) => program.map(withLabels));
}

const keys = <Key extends string>(table: { readonly [K in Key]: unknown }): fc.Arbitrary<Key> =>
  fc.constantFrom(...(Object.keys(table) as Key[]));
/** Records with the usual prototype, as literals have it; without `required` every key is there. */
function record<T, Key extends keyof T = keyof T>(
  model: { [K in keyof T]: fc.Arbitrary<T[K]> },
  required?: readonly Key[],
): fc.Arbitrary<Pick<T, Key> & Partial<T>> {
  const requiredKeys = required === undefined ? {} : { requiredKeys: [...required] };
  return fc.record<T, Key>(model, {
    ...requiredKeys,
    noNullPrototype: true,
  }) as fc.Arbitrary<Pick<T, Key> & Partial<T>>;
}

const register: fc.Arbitrary<Register> = fc.constantFrom(...registers);
const int32 = fc.oneof(
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  fc.constantFrom(0, 1, -1, 2 ** 31 - 1, -(2 ** 31)),
);
const int16 = fc.integer({ min: -0x8000, max: 0x7fff });
const uint16 = fc.nat({ max: 0xffff });
const width = fc.constantFrom(32, 64);
const operand = fc.oneof(register, int32);
const name = fc.stringMatching(/^[a-z_][a-z0-9_.]{0,14}$/);
const kind = <const Kind extends string>(kind: Kind): fc.Arbitrary<Kind> => fc.constant(kind);

const address: fc.Arbitrary<Address> = fc.oneof(
  record({ kind: kind("map-fd"), fd: int32 }),
  record({ kind: kind("map-fd-value"), fd: int32, offset: int32 }),
  record({ kind: kind("map-index"), index: int32 }),
  record({ kind: kind("map-index-value"), index: int32, offset: int32 }),
  record({ kind: kind("btf-id"), id: int32, object: int32 }),
  record({ kind: kind("function"), target: int32 }),
);

const byKind: { readonly [Kind in InstructionKind]: fc.Arbitrary<InstructionOf<Kind>> } = {
  alu: record({
    kind: kind("alu"),
    op: keys(aluOperations),
    width,
    dst: register,
    src: operand,
  }),
  negate: record({ kind: kind("negate"), width, dst: register }),
  "byte-swap": record({
    kind: kind("byte-swap"),
    order: keys(swapOpcodes),
    bits: fc.constantFrom(16, 32, 64),
    dst: register,
  }),
  movsx: record({
    kind: kind("movsx"),
    width,
    from: keys(moveSignExtendedOffsets),
    dst: register,
    src: register,
  }).map((move) => (move.from === "s32" ? { ...move, width: 64 as const } : move)),
  "addr-space-cast": record({
    kind: kind("addr-space-cast"),
    dst: register,
    src: register,
    to: uint16,
    from: uint16,
  }),
  "percpu-address": record({ kind: kind("percpu-address"), dst: register, src: register }),
  load: record({
    kind: kind("load"),
    size: keys({ ...sizes, ...signedSizes }),
    dst: register,
    base: register,
    offset: int16,
  }),
  store: record({
    kind: kind("store"),
    size: keys(sizes),
    base: register,
    offset: int16,
    src: operand,
  }),
  atomic: record({
    kind: kind("atomic"),
    op: keys(atomicOperations),
    size: fc.constantFrom("u32", "u64"),
    base: register,
    offset: int16,
    src: register,
  }),
  "load-acquire": record({
    kind: kind("load-acquire"),
    size: keys(sizes),
    dst: register,
    base: register,
    offset: int16,
  }),
  "store-release": record({
    kind: kind("store-release"),
    size: keys(sizes),
    base: register,
    offset: int16,
    src: register,
  }),
  "wide-load": record({
    kind: kind("wide-load"),
    dst: register,
    value: fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), address),
  }),
  "packet-load": record(
    {
      kind: kind("packet-load"),
      size: fc.constantFrom("u8", "u16", "u32"),
      index: register,
      offset: int32,
    },
    ["kind", "size", "offset"],
  ),
  jump: record({ kind: kind("jump"), target: int16 }),
  "long-jump": record({ kind: kind("long-jump"), target: int32 }),
  "jump-if": record({
    kind: kind("jump-if"),
    op: keys(comparisons),
    width,
    dst: register,
    src: operand,
    target: int16,
  }),
  "may-goto": record({ kind: kind("may-goto"), target: int16 }),
  "call-helper": record({ kind: kind("call-helper"), id: int32 }),
  "call-kfunc": record(
    {
      kind: kind("call-kfunc"),
      function: int32,
      module: int16.filter((module) => module !== 0),
    },
    ["kind", "function"],
  ),
  "call-local": record({ kind: kind("call-local"), target: int32 }),
  exit: record({ kind: kind("exit") }),
  nospec: record({ kind: kind("nospec") }),
};

function jumpTo<T extends string | number>(target: fc.Arbitrary<T>): fc.Arbitrary<Instruction> {
  return fc.oneof(
    record({ kind: kind("jump"), target }),
    record({ kind: kind("long-jump"), target }),
    record({ kind: kind("may-goto"), target }),
    record({
      kind: kind("jump-if"),
      op: keys(comparisons),
      width,
      dst: register,
      src: operand,
      target,
    }),
  );
}

const named: fc.Arbitrary<Instruction> = fc.oneof(
  record({ kind: kind("call-local"), target: name }),
  record({ kind: kind("call-kfunc"), function: name }),
  record({
    kind: kind("wide-load"),
    dst: register,
    value: fc.oneof(
      record({ kind: kind("map"), name }),
      record({ kind: kind("map-value"), name, offset: int32 }),
      record({ kind: kind("variable"), name }),
      record({ kind: kind("function"), target: name }),
    ),
  }),
);

/** Moves jumps that lead into a wide load to its start. */
function repaired(program: readonly Instruction[]): readonly Instruction[] {
  const { starts, halves } = placesOf(program);
  return program.map((instruction, index) => {
    if (!("target" in instruction) || typeof instruction.target !== "number") return instruction;
    const aim = starts[index]! + 1 + instruction.target;
    return halves.has(aim) ? { ...instruction, target: instruction.target - 1 } : instruction;
  });
}

function withLabels(
  instruction: Instruction,
  index: number,
  program: readonly Instruction[],
): Instruction {
  const label = index % 3 === 0 ? { label: `place_${index}` } : {};
  const last = Math.floor((program.length - 1) / 3) * 3;
  const target = { target: `place_${Math.min(last, Math.ceil(index / 3) * 3)}` };
  return { ...instruction, ...label, ...(instruction.kind === "jump-if" ? target : {}) };
}
