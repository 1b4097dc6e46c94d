/**
 * Arguments of USDT probes: where each is at the site of the probe, as the assembler wrote it down.
 *
 * An argument is `SIZE@OPERAND`: the size in bytes, negative for numbers with sign, and an operand in the assembler's
 * language of the machine. Registers are told by the kernel's names of them. What is not understood stays text:
 * floating point numbers, and addresses that need a symbol.
 * @module
 */

/** Where an argument of a probe is. */
export type UsdtArgument = UsdtNumber & UsdtOperand;

/** What kind of number it is. */
export interface UsdtNumber {
  /** As in the file: `-4@%edi`. */
  readonly text: string;
  readonly sizeBytes: 1 | 2 | 4 | 8;
  readonly signed: boolean;
}

/** Where it is: a constant, in a register, in memory; memory at a distance from a register and an index times a scale. */
export type UsdtOperand =
  | { readonly kind: "constant"; readonly value: bigint }
  | { readonly kind: "register"; readonly register: string }
  | { readonly kind: "memory"; readonly register: string; readonly offset: bigint }
  | {
      readonly kind: "indexed";
      readonly register: string;
      readonly index: string;
      readonly scale: 1 | 2 | 4 | 8;
      readonly offset: bigint;
    }
  | { readonly kind: "unknown" };

/** Machines whose operands are known: EM_X86_64 and EM_AARCH64. */
export const usdtMachines = { x86_64: 62, aarch64: 183 } as const;

/** The arguments in the text of a probe, for a processor `EM_…`. */
export function parseUsdtArguments(text: string, machine: number): readonly UsdtArgument[] {
  const parse = operandParsers[machine];
  // Operands have blanks inside of brackets only.
  const words = text.match(/(?:\[[^\]]*\]|\([^)]*\)|\S)+/g) ?? [];
  return words.map((word) => {
    const [, size = "", operand = ""] = /^(-?[1248])@(.+)$/.exec(word) ?? [];
    const number = { text: word, sizeBytes: sizeOf(size), signed: size.startsWith("-") };
    return { ...number, ...((operand !== "" && parse?.(operand)) || unknown) };
  });
}

const unknown: UsdtOperand = { kind: "unknown" };

function sizeOf(size: string): 1 | 2 | 4 | 8 {
  return size === "" ? 8 : (Math.abs(Number(size)) as 1 | 2 | 4 | 8);
}

type ParseOperand = (operand: string) => UsdtOperand | undefined;

const operandParsers: { readonly [machine: number]: ParseOperand | undefined } = {
  [usdtMachines.x86_64]: parseX86,
  [usdtMachines.aarch64]: parseArm,
};

const x86Memory =
  /^(?<offset>-?(?:0x[\da-f]+|\d+))?\(%(?<base>\w+)(?:,%(?<index>\w+)(?:,(?<scale>[1248]))?)?\)$/i;

/** `$5`, `%rdi`, `-8(%rbp)`, `16(%rdx,%rcx,8)`. */
function parseX86(operand: string): UsdtOperand | undefined {
  if (operand.startsWith("$")) return constant(operand.slice(1));
  if (operand.startsWith("%")) return inRegister(x86Register(operand.slice(1)));
  const { offset = "0", base = "", index, scale = "1" } = x86Memory.exec(operand)?.groups ?? {};
  const register = x86Register(base);
  const distance = integer(offset);
  if (register === undefined || distance === undefined) return undefined;
  if (index === undefined) return { kind: "memory", register, offset: distance };
  return indexed({ register, index: x86Register(index), scale: Number(scale), offset: distance });
}

/** What a register is called in `struct pt_regs`, whichever part of it is meant: `%edi` is `di`. */
function x86Register(name: string): string | undefined {
  const [, numbered] = /^(r(?:[89]|1[0-5]))[bwd]?$/.exec(name) ?? [];
  if (numbered !== undefined) return numbered;
  const [, short] = /^[re]?([abcd]x|[sd]i|[bs]p)$/.exec(name) ?? [];
  if (short !== undefined) return short;
  const [, byte] = /^([abcd]|[sd]i|[bs]p)l$/.exec(name) ?? [];
  return byte?.length === 1 ? `${byte}x` : byte;
}

const armMemory =
  /^\[(?<base>\w+)(?:, *#?(?<offset>-?(?:0x[\da-f]+|\d+)))?(?:, *(?<index>x\d+)(?:, *lsl *#?(?<shift>[0-3]))?)?\]$/i;

/** `5`, `x0`, `[sp, 16]`, `[x1, x2, lsl 3]`. */
function parseArm(operand: string): UsdtOperand | undefined {
  if (/^#?-?\d/.test(operand)) return constant(operand.replace("#", ""));
  if (!operand.startsWith("[")) return inRegister(armRegister(operand));
  const { base = "", offset, index, shift = "0" } = armMemory.exec(operand)?.groups ?? {};
  const register = armRegister(base);
  const distance = integer(offset ?? "0");
  if (register === undefined || distance === undefined) return undefined;
  if (index === undefined) return { kind: "memory", register, offset: distance };
  if (offset !== undefined) return undefined;
  const scale = 1 << Number(shift);
  return indexed({ register, index: armRegister(index), scale, offset: 0n });
}

/** What a register is called by its number: `w3` is the lower half of `x3`. */
function armRegister(name: string): string | undefined {
  if (name === "sp") return "sp";
  const number = Number(/^[xw](\d+)$/.exec(name)?.[1]);
  return number <= 30 ? `x${number}` : undefined;
}

function constant(text: string): UsdtOperand | undefined {
  const value = integer(text);
  return value === undefined ? undefined : { kind: "constant", value };
}

function inRegister(register: string | undefined): UsdtOperand | undefined {
  return register === undefined ? undefined : { kind: "register", register };
}

function indexed(given: {
  readonly register: string;
  readonly index: string | undefined;
  readonly scale: number;
  readonly offset: bigint;
}): UsdtOperand | undefined {
  const { register, index, scale, offset } = given;
  if (index === undefined) return undefined;
  return { kind: "indexed", register, index, scale: scale as 1 | 2 | 4 | 8, offset };
}

/** A whole number, decimal or hexadecimal, as 64 bits. */
function integer(text: string): bigint | undefined {
  const [, sign, digits] = /^(-?)(0x[\da-f]+|\d+)$/i.exec(text) ?? [];
  if (digits === undefined) return undefined;
  return BigInt.asIntN(64, sign === "-" ? -BigInt(digits) : BigInt(digits));
}
