/**
 * Registers at a probe: `struct pt_regs` of x86-64, which the simulated kernel says it is.
 * @module
 */
import { viewOf } from "../../base/bytes.ts";
import { InvalidArgumentError } from "../../base/errors.ts";
import { didYouMean } from "../../base/text.ts";

/** Names of the registers, 8 bytes each: arch/x86/include/asm/ptrace.h. */
const names = "r15 r14 r13 r12 bp bx r11 r10 r9 r8 ax cx dx si di orig_ax ip cs flags sp ss".split(
  " ",
);
/** Where functions find their arguments. */
const argumentNames = ["di", "si", "dx", "cx", "r8", "r9"];
/** The same for system calls. */
const syscallNames = ["di", "si", "dx", "r10", "r8", "r9"];

/** Registers by the kernel's names. */
export type Registers = { readonly [register: string]: bigint | number };

/**
 * Bytes of `struct pt_regs` with these registers; the others are 0.
 * @throws {InvalidArgumentError} for a register that is none.
 */
export function encodeRegisters(registers: Registers): Uint8Array {
  const bytes = new Uint8Array(8 * names.length);
  for (const [name, value] of Object.entries(registers)) {
    const index = names.indexOf(name);
    if (index === -1) {
      const hint = didYouMean(name, names) ?? `there are ${names.join(", ")}`;
      throw new InvalidArgumentError(`there is no register "${name}"`, { hint });
    }
    viewOf(bytes).setBigUint64(8 * index, BigInt.asUintN(64, BigInt(value)), true);
  }
  return bytes;
}

/** Registers that hold the arguments of a function. @throws {InvalidArgumentError} for more than six. */
export function argumentRegisters(words: readonly bigint[]): Registers {
  return assigned(argumentNames, words);
}

/** Registers as a process leaves them at a system call. */
export function syscallRegisters(number: number, words: readonly bigint[]): Registers {
  return { ...assigned(syscallNames, words), orig_ax: number, ax: -38n };
}

function assigned(registers: readonly string[], words: readonly bigint[]): Registers {
  if (words.length > registers.length) {
    throw new InvalidArgumentError(
      `${words.length} arguments are more than registers have room for`,
      {
        hint: `at most ${registers.length}; put others into memory and give { registers: { sp } }`,
      },
    );
  }
  return Object.fromEntries(words.map((word, index) => [registers[index]!, word]));
}
