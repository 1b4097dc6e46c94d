/**
 * The opcode of an instruction: the first of its eight bytes.
 *
 * A total record over the kinds puts together the bits that the tables hold in place. The other seven bytes are
 * made in `slot-of.ts`.
 * @module
 */
import type {
  Instruction,
  InstructionKind,
  InstructionOf,
  SignedSize,
  Size,
} from "./instruction.ts";
import * as bits from "./opcode.ts";
import { isRegister } from "./register.ts";

/** The opcode of `instruction`, 0 to 255. */
export function opcodeOf(instruction: Instruction): number {
  const opcode = opcodes[instruction.kind] as (instruction: Instruction) => number;
  return opcode(instruction);
}

type Opcodes = { readonly [Kind in InstructionKind]: (instruction: InstructionOf<Kind>) => number };

const opcodes: Opcodes = {
  alu: ({ op, width, src }) =>
    bits.aluOperations[op].code | bits.sourceBit(src) | bits.aluClass(width),
  negate: ({ width }) => bits.negateCode | bits.aluClass(width),
  "byte-swap": ({ order }) => bits.swapOpcodes[order],
  movsx: ({ width }) => bits.aluOperations.mov.code | bits.registerSource | bits.aluClass(width),
  "addr-space-cast": () => bits.aluOperations.mov.code | bits.registerSource | bits.alu64,
  "percpu-address": () => bits.aluOperations.mov.code | bits.registerSource | bits.alu64,
  load: ({ size }) =>
    isSigned(size)
      ? bits.memsx | bits.signedSizes[size] | bits.ldx
      : bits.mem | bits.sizes[size] | bits.ldx,
  store: ({ size, src }) => bits.mem | bits.sizes[size] | (isRegister(src) ? bits.stx : bits.st),
  atomic: ({ size }) => bits.atomic | bits.sizes[size] | bits.stx,
  "load-acquire": ({ size }) => bits.atomic | bits.sizes[size] | bits.stx,
  "store-release": ({ size }) => bits.atomic | bits.sizes[size] | bits.stx,
  "wide-load": () => bits.wideLoadOpcode,
  "packet-load": ({ size, index }) =>
    (index === undefined ? bits.abs : bits.ind) | bits.sizes[size] | bits.ld,
  jump: () => bits.jumpOpcode,
  "long-jump": () => bits.longJumpOpcode,
  "jump-if": ({ op, width, src }) =>
    bits.comparisons[op].code | bits.sourceBit(src) | bits.jumpClass(width),
  "may-goto": () => bits.mayGotoOpcode,
  "call-helper": () => bits.callOpcode,
  "call-kfunc": () => bits.callOpcode,
  "call-local": () => bits.callOpcode,
  exit: () => bits.exitOpcode,
  nospec: () => bits.nospecOpcode,
};

/** Whether a load of this size extends the sign. */
function isSigned(size: Size | SignedSize): size is SignedSize {
  return size in bits.signedSizes;
}
