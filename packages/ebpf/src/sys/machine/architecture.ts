/**
 * What differs between the machines Linux runs eBPF on and matters to us: names, system calls, registers.
 *
 * One row for each architecture, plain data without any I/O. Registers are given as places in `struct pt_regs`, the
 * context of kprobes and uprobes; figures are from each architecture's uapi `asm/ptrace.h` and system call table.
 * @module
 */
import { InvalidArgumentError } from "../../base/errors.ts";
import { didYouMean } from "../../base/text.ts";

/** An architecture. */
export interface Architecture {
  /** The kernel's usual name: `x86_64`, `arm64`, `s390x`, `ppc64le`, `riscv64`. */
  readonly name: ArchitectureName;
  /** What `uname -m` prints. */
  readonly machine: string;
  /** What Node calls it in `process.arch`. */
  readonly nodeName: string;
  /** What clang calls it in `-D__TARGET_ARCH_…` of BPF programs. */
  readonly bpfTargetName: string;
  readonly byteOrder: "little" | "big";
  /** What system call functions begin with, to find the kprobe of one: `__x64_sys_`. */
  readonly systemCallPrefix: string;
  readonly systemCalls: { readonly bpf: number; readonly perfEventOpen: number };
  /** Whether `_IOC` numbers have 13 bits of size and other direction bits, as on powerpc. */
  readonly ioctlStyle: "generic" | "powerpc";
  readonly registers: ProbeRegisters;
}

/** Name of a supported architecture. */
export type ArchitectureName = "x86_64" | "arm64" | "s390x" | "ppc64le" | "riscv64";

/** Where a probe finds what in `struct pt_regs`; each register is 8 bytes long. */
export interface ProbeRegisters {
  /** Arguments of a function that are passed in registers, in order. */
  readonly functionArguments: readonly Register[];
  /** Arguments of a system call; the first is where the kernel saved it before it wrote the result over it. */
  readonly systemCallArguments: readonly Register[];
  readonly returnValue: Register;
  readonly stackPointer: Register;
  readonly framePointer: Register;
  readonly instructionPointer: Register;
  /** Where a call leaves the address to return to; `undefined` where that is on the stack. */
  readonly returnAddress: Register | undefined;
}

/** A register by its name in `struct pt_regs` and its offset in bytes there. */
export interface Register {
  readonly name: string;
  readonly offset: number;
}

/** Every supported architecture. */
export const architectures: { readonly [Name in ArchitectureName]: Architecture } = {
  // arch/x86/include/uapi/asm/ptrace.h, arch/x86/entry/syscalls/syscall_64.tbl
  x86_64: {
    name: "x86_64",
    machine: "x86_64",
    nodeName: "x64",
    bpfTargetName: "x86",
    byteOrder: "little",
    systemCallPrefix: "__x64_sys_",
    systemCalls: { bpf: 321, perfEventOpen: 298 },
    ioctlStyle: "generic",
    registers: {
      functionArguments: registers({ rdi: 112, rsi: 104, rdx: 96, rcx: 88, r8: 72, r9: 64 }),
      systemCallArguments: registers({ rdi: 112, rsi: 104, rdx: 96, r10: 56, r8: 72, r9: 64 }),
      returnValue: { name: "rax", offset: 80 },
      stackPointer: { name: "rsp", offset: 152 },
      framePointer: { name: "rbp", offset: 32 },
      instructionPointer: { name: "rip", offset: 128 },
      returnAddress: undefined,
    },
  },
  // arch/arm64/include/asm/ptrace.h, include/uapi/asm-generic/unistd.h
  arm64: {
    name: "arm64",
    machine: "aarch64",
    nodeName: "arm64",
    bpfTargetName: "arm64",
    byteOrder: "little",
    systemCallPrefix: "__arm64_sys_",
    systemCalls: { bpf: 280, perfEventOpen: 241 },
    ioctlStyle: "generic",
    registers: {
      functionArguments: numbered("regs", 0, [0, 1, 2, 3, 4, 5, 6, 7]),
      systemCallArguments: [
        { name: "orig_x0", offset: 272 },
        ...numbered("regs", 0, [1, 2, 3, 4, 5]),
      ],
      returnValue: { name: "regs[0]", offset: 0 },
      stackPointer: { name: "sp", offset: 248 },
      framePointer: { name: "regs[29]", offset: 232 },
      instructionPointer: { name: "pc", offset: 256 },
      returnAddress: { name: "regs[30]", offset: 240 },
    },
  },
  // arch/s390/include/asm/ptrace.h, arch/s390/kernel/syscalls/syscall.tbl
  s390x: {
    name: "s390x",
    machine: "s390x",
    nodeName: "s390x",
    bpfTargetName: "s390",
    byteOrder: "big",
    systemCallPrefix: "__s390x_sys_",
    systemCalls: { bpf: 351, perfEventOpen: 331 },
    ioctlStyle: "generic",
    registers: {
      functionArguments: numbered("gprs", 24, [2, 3, 4, 5, 6]),
      systemCallArguments: [
        { name: "orig_gpr2", offset: 152 },
        ...numbered("gprs", 24, [3, 4, 5, 6, 7]),
      ],
      returnValue: { name: "gprs[2]", offset: 40 },
      stackPointer: { name: "gprs[15]", offset: 144 },
      framePointer: { name: "gprs[11]", offset: 112 },
      instructionPointer: { name: "psw.addr", offset: 16 },
      returnAddress: { name: "gprs[14]", offset: 136 },
    },
  },
  // arch/powerpc/include/uapi/asm/ptrace.h, arch/powerpc/kernel/syscalls/syscall.tbl
  ppc64le: {
    name: "ppc64le",
    machine: "ppc64le",
    nodeName: "ppc64",
    bpfTargetName: "powerpc",
    byteOrder: "little",
    systemCallPrefix: "sys_",
    systemCalls: { bpf: 361, perfEventOpen: 319 },
    ioctlStyle: "powerpc",
    registers: {
      functionArguments: numbered("gpr", 0, [3, 4, 5, 6, 7, 8, 9, 10]),
      systemCallArguments: [
        { name: "orig_gpr3", offset: 272 },
        ...numbered("gpr", 0, [4, 5, 6, 7, 8]),
      ],
      returnValue: { name: "gpr[3]", offset: 24 },
      stackPointer: { name: "gpr[1]", offset: 8 },
      framePointer: { name: "gpr[31]", offset: 248 },
      instructionPointer: { name: "nip", offset: 256 },
      returnAddress: { name: "link", offset: 288 },
    },
  },
  // arch/riscv/include/asm/ptrace.h, include/uapi/asm-generic/unistd.h
  riscv64: {
    name: "riscv64",
    machine: "riscv64",
    nodeName: "riscv64",
    bpfTargetName: "riscv",
    byteOrder: "little",
    systemCallPrefix: "__riscv_sys_",
    systemCalls: { bpf: 280, perfEventOpen: 241 },
    ioctlStyle: "generic",
    registers: {
      functionArguments: riscvArguments(),
      systemCallArguments: [{ name: "orig_a0", offset: 280 }, ...riscvArguments().slice(1, 6)],
      returnValue: { name: "a0", offset: 80 },
      stackPointer: { name: "sp", offset: 16 },
      framePointer: { name: "s0", offset: 64 },
      instructionPointer: { name: "epc", offset: 0 },
      returnAddress: { name: "ra", offset: 8 },
    },
  },
};

/**
 * The architecture by any of its names: the kernel's, `uname -m`'s or Node's.
 * @throws {InvalidArgumentError} when it is not one of the five.
 */
export function architectureNamed(name: string): Architecture {
  const found = findArchitecture(name);
  if (found !== undefined) return found;
  const names = Object.keys(architectures);
  throw new InvalidArgumentError(`no architecture is called "${name}"`, {
    hint: didYouMean(name, names) ?? `known are ${names.join(", ")}`,
  });
}

/** The same, or `undefined` when it is not one of the five. */
export function findArchitecture(name: string): Architecture | undefined {
  return Object.values(architectures).find((it) =>
    [it.name, it.machine, it.nodeName].includes(name),
  );
}

/** Direction of the argument of an ioctl(2), as its number tells. */
export type IoctlDirection = "none" | "write" | "read";

/** What an ioctl(2) is, before it is made a number. */
export interface IoctlRequest {
  readonly direction: IoctlDirection;
  /** Letter that stands for the driver. */
  readonly type: string;
  readonly number: number;
  readonly sizeBytes: number;
}

const ioctlDirections = {
  generic: { none: 0, write: 1, read: 2 },
  powerpc: { none: 1, read: 2, write: 4 },
} as const;

/**
 * Number of an ioctl(2) request: include/uapi/asm-generic/ioctl.h, and powerpc's own `asm/ioctl.h`.
 *
 *     generic    dir:2  size:14  type:8  number:8
 *     powerpc    dir:3  size:13  type:8  number:8
 */
export function ioctlNumber(architecture: Architecture, request: IoctlRequest): number {
  const { ioctlStyle } = architecture;
  const direction = ioctlDirections[ioctlStyle][request.direction];
  const directionShift = ioctlStyle === "generic" ? 30 : 29;
  const type = request.type.charCodeAt(0);
  return (
    ((direction << directionShift) | (request.sizeBytes << 16) | (type << 8) | request.number) >>> 0
  );
}

function registers(offsets: Readonly<Record<string, number>>): readonly Register[] {
  return Object.entries(offsets).map(([name, offset]) => ({ name, offset }));
}

/** Registers of an array in `struct pt_regs`. */
function numbered(array: string, start: number, indexes: readonly number[]): readonly Register[] {
  return indexes.map((index) => ({ name: `${array}[${index}]`, offset: start + 8 * index }));
}

function riscvArguments(): readonly Register[] {
  return Array.from({ length: 8 }, (_, index) => ({ name: `a${index}`, offset: 80 + 8 * index }));
}
