/**
 * Where registers are in `struct pt_regs`, by machine.
 * @module
 */
import { usdtMachines } from "../elf/usdt-argument.ts";

/** Bytes from the start of `struct pt_regs` to each register, by the kernel's names. */
type Registers = Readonly<Record<string, number>>;

/** arch/x86/include/asm/ptrace.h: one behind the other, 8 bytes each. */
const x86Registers = places(
  "r15 r14 r13 r12 bp bx r11 r10 r9 r8 ax cx dx si di orig_ax ip cs flags sp ss",
);

/** arch/arm64/include/uapi/asm/ptrace.h, `struct user_pt_regs`: 31 registers, then the stack pointer and others. */
const armRegisters = places(
  `${Array.from({ length: 31 }, (_, index) => `x${index}`).join(" ")} sp pc pstate`,
);

const byMachine: { readonly [machine: number]: Registers | undefined } = {
  [usdtMachines.x86_64]: x86Registers,
  [usdtMachines.aarch64]: armRegisters,
};

/** The place of a register of a processor `EM_…`; `undefined` when it has none of that name. */
export function registerOffset(machine: number, register: string): number | undefined {
  const registers = byMachine[machine];
  return registers !== undefined && Object.hasOwn(registers, register)
    ? registers[register]
    : undefined;
}

function places(names: string): Registers {
  return Object.fromEntries(names.split(" ").map((name, index) => [name, 8 * index]));
}
