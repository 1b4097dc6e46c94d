/**
 * From machine code with registers to instructions.
 *
 * Blocks are put one behind the other and linked by labels; a jump to the block that follows is left out, and so is a
 * move of a register to itself. What depends on the kernel is noted beside the instructions, for CO-RE.
 * @module
 */
import type {
  Comparison,
  Instruction,
  SignedSize,
  Size,
  SourceLine,
} from "../../isa/instruction.ts";
import { littleEndian } from "../../base/bytes.ts";
import { registers, type Register } from "../../isa/register.ts";
import type { CoreField, CoreRelocation } from "../../spec/core-relocation.ts";
import type {
  Base,
  MachineBlock,
  MachineFunction,
  MachineOperation,
  MachineTerminator,
  Source,
} from "../registers/machine.ts";
import { layOutFrame, type Frame } from "./frame.ts";
import { negated } from "../ir/comparison.ts";
import { mergeEndings } from "./merge-endings.ts";
import { isNothing, orderBlocks, skipEmptyBlocks } from "./order.ts";

/** Instructions of one function, and what to relocate in them. */
export interface EmittedFunction {
  readonly name: string;
  readonly instructions: readonly Instruction[];
  /** Bytes of stack used. */
  readonly stackBytes: number;
  readonly relocations: readonly EmittedRelocation[];
}

/** A relocation: the instruction by its index in {@link EmittedFunction.instructions}. */
export interface EmittedRelocation {
  readonly index: number;
  readonly core: CoreRelocation;
}

/** Version of the instruction set: 3 needs kernel 5.1, 4 needs 6.6. */
export type IsaVersion = 1 | 2 | 3 | 4;

/** Instructions for `fn`, whose places are all registers. Labels start with the name of the function. */
export function emitFunction(fn: MachineFunction, isaVersion: IsaVersion): EmittedFunction {
  const emitter = new Emitter(fn, isaVersion);
  emitter.run();
  const { instructions, relocations, frame } = emitter;
  return { name: fn.name, instructions, relocations, stackBytes: frame.sizeBytes };
}

type Emitters = {
  readonly [Kind in MachineOperation["kind"]]: (
    emitter: Emitter,
    operation: Extract<MachineOperation, { kind: Kind }>,
  ) => void;
};

class Emitter {
  readonly instructions: Instruction[] = [];
  readonly relocations: EmittedRelocation[] = [];
  readonly frame: Frame;
  readonly isaVersion: IsaVersion;
  readonly #fn: MachineFunction;
  #label: string | undefined;
  #source: SourceLine | undefined;

  constructor(fn: MachineFunction, isaVersion: IsaVersion) {
    this.#fn = fn;
    this.isaVersion = isaVersion;
    this.frame = layOutFrame(fn.slots);
  }

  run(): void {
    mergeEndings(this.#fn.blocks);
    skipEmptyBlocks(this.#fn.blocks);
    const order = orderBlocks(this.#fn.blocks);
    order.forEach((block, index) => {
      this.#label = index === 0 ? this.#fn.name : this.#labelOf(block);
      for (const operation of block.operations) this.#operation(operation);
      this.#source = block.terminator.source;
      this.#terminate(block.terminator, order[index + 1]);
    });
  }

  emit(instruction: Instruction): void {
    const annotations = {
      ...(this.#label !== undefined && { label: this.#label }),
      ...(this.#source !== undefined && { source: this.#source }),
    };
    this.#label = undefined;
    this.instructions.push({ ...instruction, ...annotations });
  }

  /** Notes that the next instruction is to be relocated. */
  relocate(core: CoreRelocation): void {
    this.relocations.push({ index: this.instructions.length, core });
  }

  /** Notes that the offset of the next instruction is that of a kernel field. */
  relocateField(field: CoreField | undefined): void {
    if (field !== undefined) this.relocate({ kind: "field-offset", field });
  }

  /** Register and offset of memory. */
  address(base: Base, offset: number): { readonly base: Register; readonly offset: number } {
    if (typeof base === "number") return { base: register(base), offset };
    return { base: "r10", offset: this.frame.offsetOf(base) + offset };
  }

  #operation(operation: MachineOperation): void {
    this.#source = operation.source;
    const emit = emitters[operation.kind] as (
      emitter: Emitter,
      operation: MachineOperation,
    ) => void;
    emit(this, operation);
  }

  #terminate(terminator: MachineTerminator, next: MachineBlock | undefined): void {
    if (terminator.kind === "exit") this.emit({ kind: "exit" });
    else if (terminator.kind === "jump") this.#jump(terminator.to, next);
    else this.#branch(terminator, next);
  }

  #jump(to: MachineBlock, next: MachineBlock | undefined): void {
    if (to === next && this.#label === undefined) return;
    if (to === next) return this.#keepLabel();
    this.emit({ kind: "jump", target: this.#labelOf(to) });
  }

  /**
   * An empty block that falls through still is the target of jumps: a jump to the next instruction stands in for it.
   */
  #keepLabel(): void {
    this.emit({ kind: "jump", target: 0 });
  }

  #branch(
    branch: Extract<MachineTerminator, { kind: "branch" }>,
    next: MachineBlock | undefined,
  ): void {
    const inverse = negated(branch.op);
    const canInvert = inverse !== undefined && this.#has(inverse);
    const inverted = canInvert && (branch.then === next || !this.#has(branch.op));
    const [op, target, other] = inverted
      ? [inverse, branch.else, branch.then]
      : [branch.op, branch.then, branch.else];
    const { width, left, right } = branch;
    this.emit({
      kind: "jump-if",
      op,
      width,
      dst: register(left),
      src: operandOf(right),
      target: this.#labelOf(target),
    });
    if (other !== next) this.emit({ kind: "jump", target: this.#labelOf(other) });
  }

  /** Whether the instruction set has a comparison: "less" came with version 2. */
  #has(op: Comparison): boolean {
    return this.isaVersion >= 2 || !lessComparisons.has(op);
  }

  #labelOf(block: MachineBlock): string {
    return `${this.#fn.name}.b${block.id}`;
  }
}

const lessComparisons: ReadonlySet<Comparison> = new Set(["lt", "le", "slt", "sle"]);

const emitters: Emitters = {
  move: (emitter, operation) => {
    if (isNothing(operation)) return;
    const { width, dst, src } = operation;
    if (width === 32 && emitter.isaVersion < 3) return moveHalf(emitter, operation);
    emitter.emit({ kind: "alu", op: "mov", width, dst: register(dst), src: operandOf(src) });
  },
  alu: (emitter, { op, width, dst, src }) =>
    emitter.emit({ kind: "alu", op, width, dst: register(dst), src: operandOf(src) }),
  negate: (emitter, { width, dst }) => emitter.emit({ kind: "negate", width, dst: register(dst) }),
  swap: (emitter, { order, bits, dst }) => {
    const swapOrder = order === "network" ? "be" : emitter.isaVersion >= 4 ? "bswap" : foreignOrder;
    emitter.emit({ kind: "byte-swap", order: swapOrder, bits, dst: register(dst) });
  },
  "sign-extend": (emitter, { bits, dst, src }) => {
    if (emitter.isaVersion >= 4) {
      const from = `s${bits}` as SignedSize;
      emitter.emit({ kind: "movsx", width: 64, from, dst: register(dst), src: register(src) });
    } else {
      if (dst !== src) {
        emitter.emit({ kind: "alu", op: "mov", width: 64, dst: register(dst), src: register(src) });
      }
      extendByShifts(emitter, register(dst), 64 - bits);
    }
  },
  wide: (emitter, { dst, value }) => emitter.emit({ kind: "wide-load", dst: register(dst), value }),
  "slot-address": (emitter, { dst, slot, offset }) => {
    const src = emitter.frame.offsetOf(slot) + offset;
    emitter.emit({ kind: "alu", op: "mov", width: 64, dst: register(dst), src: "r10" });
    emitter.emit({ kind: "alu", op: "add", width: 64, dst: register(dst), src });
  },
  load: (emitter, { dst, base, offset, bytes, signed, core }) => {
    const extended = signed && bytes < 8;
    const inPlace = extended && emitter.isaVersion >= 4;
    const size = `${inPlace ? "s" : "u"}${8 * bytes}` as Size | SignedSize;
    emitter.relocateField(core);
    emitter.emit({ kind: "load", size, dst: register(dst), ...emitter.address(base, offset) });
    if (extended && !inPlace) extendByShifts(emitter, register(dst), 64 - 8 * bytes);
  },
  store: (emitter, { base, offset, bytes, src, core }) => {
    const size = `u${8 * bytes}` as Size;
    emitter.relocateField(core);
    emitter.emit({ kind: "store", size, ...emitter.address(base, offset), src: operandOf(src) });
  },
  atomic: (emitter, { op, fetch, bytes, base, offset, src }) => {
    const named = op === "xchg" || op === "cmpxchg" || !fetch ? op : (`fetch_${op}` as const);
    const size = bytes === 4 ? "u32" : "u64";
    emitter.emit({
      kind: "atomic",
      op: named,
      size,
      base: register(base),
      offset,
      src: register(src),
    });
  },
  call: (emitter, { callee }) => {
    if (callee.kind === "helper") emitter.emit({ kind: "call-helper", id: callee.id });
    else if (callee.kind === "kfunc") emitter.emit({ kind: "call-kfunc", function: callee.name });
    else emitter.emit({ kind: "call-local", target: callee.name });
  },
  "core-constant": (emitter, { dst, core, value }) => {
    emitter.relocate(core);
    emitter.emit({ kind: "alu", op: "mov", width: 64, dst: register(dst), src: Number(value) });
  },
};

/** What turns bytes round on this machine, before version 4 has an instruction for that. */
const foreignOrder = littleEndian ? "be" : "le";

/** Moves the lower half without instructions of 32 bits. */
function moveHalf(emitter: Emitter, operation: Extract<MachineOperation, { kind: "move" }>): void {
  const [dst, { src }] = [register(operation.dst), operation];
  if (typeof src === "bigint") {
    emitter.emit({ kind: "wide-load", dst, value: BigInt.asUintN(32, src) });
    return;
  }
  if (src !== operation.dst) {
    emitter.emit({ kind: "alu", op: "mov", width: 64, dst, src: register(src) });
  }
  emitter.emit({ kind: "alu", op: "lsh", width: 64, dst, src: 32 });
  emitter.emit({ kind: "alu", op: "rsh", width: 64, dst, src: 32 });
}

function extendByShifts(emitter: Emitter, dst: Register, bits: number): void {
  emitter.emit({ kind: "alu", op: "lsh", width: 64, dst, src: bits });
  emitter.emit({ kind: "alu", op: "arsh", width: 64, dst, src: bits });
}

function register(place: number): Register {
  return registers[place]!;
}

function operandOf(source: Source): Register | number {
  return typeof source === "bigint" ? Number(source) : register(source);
}
