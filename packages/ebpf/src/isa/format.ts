/**
 * Printing: instructions in the notation of `bpftool prog dump xlated`.
 *
 * The notation is that of the kernel's own disassembler (kernel/bpf/disasm.c), the one that verifier logs use too.
 * Where it leaves something out (names, modules of kernel functions, kinds of map references) it is extended, so
 * that `parse` reads back exactly what was printed. Unlike the kernel it prints labels as labels.
 * @module
 */
import type {
  Address,
  Instruction,
  InstructionKind,
  InstructionOf,
  SourceLine,
  Target,
  Width,
} from "./instruction.ts";
import { slotCount } from "./instruction.ts";
import * as bits from "./opcode.ts";
import { opcodeOf } from "./opcode-of.ts";
import { isRegister, type Operand, type Register } from "./register.ts";

/** How to print. */
export interface FormatOptions {
  /** Name of a helper as the kernel prints it, `bpf_map_lookup_elem` for 1; without it helpers are called `unknown`. */
  readonly helperSymbol?: ((id: number) => string | undefined) | undefined;
  /** Whether a list shows the source text an instruction comes from, as comments. Shown when left out. */
  readonly source?: "text" | "none";
}

/**
 * One instruction as text, such as `r1 = *(u64 *)(r6 +16)`; a list as lines with slot number and opcode, such as
 * `   0: (b7) r0 = 0`, with labels and source text on lines of their own. There is no line break at the end.
 */
export function format(
  instructions: Instruction | readonly Instruction[],
  options: FormatOptions = {},
): string {
  return isList(instructions)
    ? formatList(instructions, options)
    : formatOne(instructions, options);
}

function isList(given: Instruction | readonly Instruction[]): given is readonly Instruction[] {
  return Array.isArray(given);
}

function formatList(instructions: readonly Instruction[], options: FormatOptions): string {
  const lines: string[] = [];
  let shown: SourceLine | undefined;
  let slot = 0;
  for (const instruction of instructions) {
    const { label, source } = instruction;
    if (label !== undefined) lines.push(`${label}:`);
    if (options.source !== "none" && source !== undefined && !isSameLine(source, shown)) {
      lines.push(`; ${source.text.trim()}`);
      shown = source;
    }
    lines.push(formatLine(instruction, slot, options));
    slot += slotCount(instruction);
  }
  return lines.join("\n");
}

/** One instruction as a line of the list form, such as `   0: (b7) r0 = 0`. */
export function formatLine(
  instruction: Instruction,
  slot: number,
  options: FormatOptions = {},
): string {
  const opcode = opcodeOf(instruction).toString(16).padStart(2, "0");
  return `${String(slot).padStart(4)}: (${opcode}) ${formatOne(instruction, options)}`;
}

function isSameLine(left: SourceLine, right: SourceLine | undefined): boolean {
  return left.file === right?.file && left.line === right.line && left.text === right.text;
}

function formatOne(instruction: Instruction, options: FormatOptions): string {
  const text = texts[instruction.kind] as TextOf<InstructionKind> | undefined;
  return text === undefined ? `unknown ${instruction.kind}` : text(instruction, options);
}

type TextOf<Kind extends InstructionKind> = (
  instruction: InstructionOf<Kind>,
  options: FormatOptions,
) => string;

const texts: { readonly [Kind in InstructionKind]: TextOf<Kind> } = {
  alu: ({ op, width, dst, src }) =>
    `${sized(dst, width)} ${bits.aluOperations[op].symbol} ${sized(src, width)}`,
  negate: ({ width, dst }) => `${sized(dst, width)} = -${sized(dst, width)}`,
  "byte-swap": ({ order, bits, dst }) => `${dst} = ${order}${bits} ${dst}`,
  movsx: ({ width, from, dst, src }) => `${sized(dst, width)} = (${from})${sized(src, width)}`,
  "addr-space-cast": ({ dst, src, to, from }) => `${dst} = addr_space_cast(${src}, ${to}, ${from})`,
  "percpu-address": ({ dst, src }) => `${dst} = &(void __percpu *)(${src})`,
  load: (load) => `${load.dst} = *${pointer(load)}`,
  store: (store) => `*${pointer(store)} = ${store.src}`,
  atomic: (atomic) => formatAtomic(atomic),
  "load-acquire": (load) => `${load.dst} = load_acquire(${pointer(load)})`,
  "store-release": (store) => `store_release(${pointer(store)}, ${store.src})`,
  "wide-load": ({ dst, value }) => `${dst} = ${wideText(value)}`,
  "packet-load": ({ size, index, offset }) =>
    `r0 = *(${size} *)skb[${index === undefined ? "" : `${index} + `}${offset}]`,
  jump: ({ target }) => `goto ${targetText(target)}`,
  "long-jump": ({ target }) => `gotol ${targetText(target)}`,
  "jump-if": ({ op, width, dst, src, target }) =>
    `if ${sized(dst, width)} ${bits.comparisons[op].symbol} ${compared(src, width)} goto ${targetText(target)}`,
  "may-goto": ({ target }) => `may_goto ${targetText(target)}`,
  "call-helper": ({ id }, { helperSymbol }) => `call ${helperSymbol?.(id) ?? "unknown"}#${id}`,
  "call-kfunc": ({ function: called, module = 0 }) =>
    `call kernel-function#${called}${module === 0 ? "" : `@${module}`}`,
  "call-local": ({ target }) => `call ${targetText(target)}`,
  exit: () => "exit",
  nospec: () => "nospec",
};

/** A register as instructions of this width call it, `w1` or `r1`; a number as it is. */
function sized(operand: Operand, width: Width): string {
  return width === 32 && isRegister(operand) ? `w${operand.slice(1)}` : String(operand);
}

/** What is compared: numbers are shown as the 32 bits they are. */
function compared(operand: Operand, width: Width): string {
  return isRegister(operand) ? sized(operand, width) : `0x${(operand >>> 0).toString(16)}`;
}

function pointer(access: {
  readonly size: string;
  readonly base: Register;
  readonly offset: number;
}): string {
  return `(${access.size} *)(${access.base} ${signed(access.offset)})`;
}

function signed(value: number): string {
  return value < 0 ? String(value) : `+${value}`;
}

function formatAtomic(atomic: InstructionOf<"atomic">): string {
  const { op, size, src } = atomic;
  const { symbol } = bits.atomicOperations[op];
  if (symbol.endsWith("=")) return `lock *${pointer(atomic)} ${symbol} ${src}`;
  const name = `atomic${size === "u64" ? "64" : ""}_${symbol}`;
  return op === "cmpxchg"
    ? `r0 = ${name}(${pointer(atomic)}, r0, ${src})`
    : `${src} = ${name}(${pointer(atomic)}, ${src})`;
}

function targetText(target: Target): string {
  return typeof target === "number" ? `pc${signed(target)}` : target;
}

function wideText(value: bigint | Address): string {
  if (typeof value === "bigint") return `0x${BigInt.asUintN(64, value).toString(16)}`;
  const text = addressTexts[value.kind] as AddressText<Address["kind"]> | undefined;
  return text === undefined ? `unknown ${value.kind}` : text(value);
}

type AddressText<Kind extends Address["kind"]> = (
  value: Extract<Address, { readonly kind: Kind }>,
) => string;

const addressTexts: { readonly [Kind in Address["kind"]]: AddressText<Kind> } = {
  map: ({ name }) => `map[${name}]`,
  "map-value": ({ name, offset }) => `map[${name}][0]+${offset >>> 0}`,
  variable: ({ name }) => `btf[${name}]`,
  function: ({ target }) => `subprog[${typeof target === "number" ? signed(target) : target}]`,
  "map-fd": ({ fd }) => `map[id:${fd >>> 0}]`,
  "map-fd-value": ({ fd, offset }) => `map[id:${fd >>> 0}][0]+${offset >>> 0}`,
  "map-index": ({ index }) => `map[index:${index >>> 0}]`,
  "map-index-value": ({ index, offset }) => `map[index:${index >>> 0}][0]+${offset >>> 0}`,
  "btf-id": ({ id, object }) => `btf[id:${id}${object === 0 ? "" : `,object:${object}`}]`,
};
