/**
 * The fields of an instruction's slot, with names resolved and ranges checked.
 *
 * A total record over the kinds says which value goes into which field; the opcode comes from `opcode-of.ts`. Errors
 * tell what is wrong and leave it to the caller to tell where.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import { didYouMean } from "../base/text.ts";
import type {
  Address,
  Instruction,
  InstructionKind,
  InstructionOf,
  SignedSize,
  Width,
} from "./instruction.ts";
import * as bits from "./opcode.ts";
import { opcodeOf } from "./opcode-of.ts";
import { distanceTo, jumpDistance, type Places } from "./places.ts";
import { isRegister, registerNumber, type Operand } from "./register.ts";
import type { Slot } from "./slot.ts";

/**
 * What names in a program stand for. A function that does not know a name returns `undefined`, or throws an
 * {@link InvalidArgumentError} of its own that says more.
 */
export interface Names {
  /** Index of a map in the maps passed along at load. */
  readonly map?: (name: string) => number | undefined;
  /** BTF id of a variable of the kernel, with the descriptor of its module's BTF, or 0. */
  readonly variable?: (
    name: string,
  ) => { readonly id: number; readonly object: number } | undefined;
  /** BTF id of a function of the kernel, with the index of its module's BTF, or 0. */
  readonly kfunc?: (name: string) => { readonly id: number; readonly module: number } | undefined;
}

/** What the fields of an instruction depend on beside itself. */
export interface Surroundings {
  /** Slot in which the instruction starts. */
  readonly slot: number;
  readonly places: Places;
  readonly names: Names;
}

/** A slot; for wide loads with the `imm` of the second slot. */
export type EncodedSlot = Slot & { readonly next: number | undefined };

/**
 * The fields of `instruction`.
 * @throws {InvalidArgumentError} when something in it is unknown or out of range.
 */
export function slotOf(instruction: Instruction, around: Surroundings): EncodedSlot {
  const fields = fieldsOf[instruction.kind] as FieldsOf<InstructionKind> | undefined;
  if (fields === undefined) throw unknownKind(instruction);
  const { dst = 0, src = 0, offset = 0, imm = 0, next } = fields(instruction, around);
  assertRange("offset", offset, 16);
  assertRange("number", imm, 32);
  return { opcode: opcodeOf(instruction), dst, src, offset, imm, next };
}

/** The fields that are not zero. */
type Fields = Partial<Omit<EncodedSlot, "opcode">>;
type FieldsOf<Kind extends InstructionKind> = (
  instruction: InstructionOf<Kind>,
  around: Surroundings,
) => Fields;

const fieldsOf: { readonly [Kind in InstructionKind]: FieldsOf<Kind> } = {
  alu: ({ op, dst, src }) => ({
    dst: registerNumber(dst),
    src: registerOf(src),
    offset: bits.aluOperations[op].offset,
    imm: numberOf(src),
  }),
  negate: ({ dst }) => ({ dst: registerNumber(dst) }),
  "byte-swap": ({ dst, bits }) => ({ dst: registerNumber(dst), imm: bits }),
  movsx: ({ dst, src, from, width }) => ({
    dst: registerNumber(dst),
    src: registerNumber(src),
    offset: moveOffset(from, width),
  }),
  "addr-space-cast": ({ dst, src, to, from }) => ({
    dst: registerNumber(dst),
    src: registerNumber(src),
    offset: bits.addressSpaceCastOffset,
    imm: (addressSpace(to) << 16) | addressSpace(from),
  }),
  "percpu-address": ({ dst, src }) => ({
    dst: registerNumber(dst),
    src: registerNumber(src),
    offset: bits.percpuAddressOffset,
  }),
  load: ({ dst, base, offset }) => ({
    dst: registerNumber(dst),
    src: registerNumber(base),
    offset,
  }),
  store: ({ base, offset, src }) => ({
    dst: registerNumber(base),
    src: registerOf(src),
    offset,
    imm: numberOf(src),
  }),
  atomic: ({ op, base, offset, src }) => ({
    dst: registerNumber(base),
    src: registerNumber(src),
    offset,
    imm: bits.atomicOperations[op].imm,
  }),
  "load-acquire": ({ dst, base, offset }) => ({
    dst: registerNumber(dst),
    src: registerNumber(base),
    offset,
    imm: bits.loadAcquireImm,
  }),
  "store-release": ({ base, offset, src }) => ({
    dst: registerNumber(base),
    src: registerNumber(src),
    offset,
    imm: bits.storeReleaseImm,
  }),
  "wide-load": ({ dst, value }, around) => ({
    dst: registerNumber(dst),
    ...(typeof value === "bigint" ? wideNumber(value) : address(value, around)),
  }),
  "packet-load": ({ index, offset }) => ({
    src: index === undefined ? 0 : registerNumber(index),
    imm: offset,
  }),
  jump: ({ target }, around) => ({ offset: shortDistance(target, around) }),
  "long-jump": ({ target }, around) => ({ imm: jumpDistance(around.places, target, around.slot) }),
  "jump-if": ({ dst, src, target }, around) => ({
    dst: registerNumber(dst),
    src: registerOf(src),
    offset: shortDistance(target, around),
    imm: numberOf(src),
  }),
  "may-goto": ({ target }, around) => ({ offset: shortDistance(target, around) }),
  "call-helper": ({ id }) => ({ src: bits.callSources.helper, imm: id }),
  "call-kfunc": (call, around) => ({ src: bits.callSources.kfunc, ...kfunc(call, around.names) }),
  "call-local": ({ target }, { places, slot }) => ({
    src: bits.callSources.local,
    imm: distanceTo(places, target, slot),
  }),
  exit: () => ({}),
  nospec: () => ({}),
};

/** An operand's source field: its number when it is a register. */
function registerOf(operand: Operand): number {
  return isRegister(operand) ? registerNumber(operand) : 0;
}

/** An operand's immediate field: itself when it is a number. */
function numberOf(operand: Operand): number {
  return isRegister(operand) ? 0 : operand;
}

function moveOffset(from: SignedSize, width: Width): number {
  if (width === 64 || from !== "s32") return bits.moveSignExtendedOffsets[from];
  throw new InvalidArgumentError("a move of 32 bits cannot extend the sign of 32 bits", {
    hint: "use the 64-bit form, or a plain move",
  });
}

function addressSpace(space: number): number {
  if (Number.isInteger(space) && space >= 0 && space <= 0xffff) return space;
  throw new InvalidArgumentError(`address space ${space} is not a number from 0 to 65535`);
}

function wideNumber(value: bigint): Fields {
  if (BigInt.asUintN(64, value) !== value && BigInt.asIntN(64, value) !== value) {
    throw new InvalidArgumentError(`${value} does not fit into 64 bits`);
  }
  return { imm: low(value), next: low(value >> 32n) };
}

/** The low 32 bits as a signed number. */
function low(value: bigint): number {
  return Number(BigInt.asIntN(32, value));
}

function address(value: Address, around: Surroundings): Fields {
  const fields = addressFields[value.kind] as AddressFields<Address["kind"]> | undefined;
  if (fields === undefined) throw unknownKind(value);
  const { src, imm, next = 0 } = fields(value, around);
  assertRange("offset", next, 32);
  return { src: src ?? 0, imm: imm ?? 0, next };
}

type AddressFields<Kind extends Address["kind"]> = (
  value: Extract<Address, { readonly kind: Kind }>,
  around: Surroundings,
) => Fields;

const addressFields: { readonly [Kind in Address["kind"]]: AddressFields<Kind> } = {
  map: ({ name }, { names }) => ({
    src: bits.wideSources.mapIndex,
    imm: find("map", name, names.map),
  }),
  "map-value": ({ name, offset }, { names }) => ({
    src: bits.wideSources.mapIndexValue,
    imm: find("map", name, names.map),
    next: offset,
  }),
  variable: ({ name }, { names }) => {
    const { id, object } = find("kernel variable", name, names.variable);
    return { src: bits.wideSources.btfId, imm: id, next: object };
  },
  function: ({ target }, { places, slot }) => ({
    src: bits.wideSources.function,
    imm: distanceTo(places, target, slot),
  }),
  "map-fd": ({ fd }) => ({ src: bits.wideSources.mapFd, imm: fd }),
  "map-fd-value": ({ fd, offset }) => ({
    src: bits.wideSources.mapFdValue,
    imm: fd,
    next: offset,
  }),
  "map-index": ({ index }) => ({ src: bits.wideSources.mapIndex, imm: index }),
  "map-index-value": ({ index, offset }) => ({
    src: bits.wideSources.mapIndexValue,
    imm: index,
    next: offset,
  }),
  "btf-id": ({ id, object }) => ({ src: bits.wideSources.btfId, imm: id, next: object }),
};

function kfunc(call: InstructionOf<"call-kfunc">, names: Names): Fields {
  if (typeof call.function === "number") return { imm: call.function, offset: call.module ?? 0 };
  const { id, module } = find("kernel function", call.function, names.kfunc);
  return { imm: id, offset: module };
}

function find<T>(what: string, name: string, of: ((name: string) => T | undefined) | undefined): T {
  const found = of?.(name);
  if (found !== undefined) return found;
  throw new InvalidArgumentError(`no ${what} "${name}"`, {
    hint: `tell encode what ${what}s stand for`,
  });
}

function shortDistance(target: string | number, { places, slot }: Surroundings): number {
  const distance = jumpDistance(places, target, slot);
  if (distance >= -0x8000 && distance <= 0x7fff) return distance;
  throw new InvalidArgumentError(
    `the jump is ${distance} slots far, and cannot go further than 32767`,
    { hint: "jump to a long jump nearby (gotol, Linux 6.6)" },
  );
}

function assertRange(what: string, value: number, width: 16 | 32): void {
  const limit = 2 ** (width - 1);
  if (Number.isInteger(value) && value >= -limit && value < limit) return;
  const range = `${-limit} to ${limit - 1}`;
  throw new InvalidArgumentError(`${what} ${value} is not a whole number from ${range}`, {
    hint: width === 16 ? "add to the base register first" : "load it with a wide load first",
  });
}

function unknownKind(value: { readonly kind: string }): InvalidArgumentError {
  const kinds = [...Object.keys(fieldsOf), ...Object.keys(addressFields)];
  const hint = didYouMean(value.kind, kinds);
  const message = `no instruction of kind "${value.kind}"`;
  return new InvalidArgumentError(message, hint === undefined ? {} : { hint });
}
