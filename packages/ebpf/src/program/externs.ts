/**
 * What programs use of the kernel by name, found in the kernel that they are loaded into.
 *
 * Addresses of what has no type come from /proc/kallsyms and become numbers; what is weak and missing becomes zero, or a
 * call that the verifier refuses when it gets there. Instructions only change in place. What has a type and is there is
 * left alone: it gets its number when the program is encoded.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import { didYouMean } from "../base/text.ts";
import type { Instruction } from "../isa/instruction.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { ProgramExtern, ProgramSpec } from "../spec/program-spec.ts";
import { areTypesCompatible } from "../relocate/compatible.ts";
import { kernelBtf } from "./kernel-btf.ts";
import { findFlavoured, type KernelType } from "./module-types.ts";

/** A program whose externs are filled in as far as that takes no BTF. */
export interface FilledProgram {
  readonly spec: ProgramSpec;
  /** Why instructions cannot be run, by their index: they call what the kernel does not have. */
  readonly lacking: ReadonlyMap<number, string>;
}

const nothing: ReadonlyMap<number, string> = new Map();

/**
 * Fills in the externs of a program.
 * @throws {InvalidArgumentError} when the kernel lacks something that is not weak, hides its address, or has several of one
 * name, or when a function or variable that is not weak is otherwise than the program was compiled for.
 */
export function withExterns(
  kernel: Kernel,
  spec: ProgramSpec,
  symbols: KernelSymbols = new KernelSymbols(kernel),
): FilledProgram {
  const externs = spec.externs ?? [];
  const addresses = addressesOf(symbols, spec);
  const lacked = externs.filter((one) => isMissing(kernel, one, spec));
  const missing = new Set(lacked.map(({ name }) => name));
  if (addresses.size === 0 && missing.size === 0) return { spec, lacking: nothing };
  const instructions = spec.instructions.map((one) => filled(one, { addresses, missing }));
  return { spec: { ...spec, instructions }, lacking: lackingIn(spec, missing) };
}

/**
 * Looks whether all that a program uses of the kernel is there, and is as it was compiled for.
 * @throws {InvalidArgumentError} as {@link withExterns} does.
 */
export function assertExternsThere(
  kernel: Kernel,
  spec: ProgramSpec,
  symbols: KernelSymbols,
): void {
  for (const extern of spec.externs ?? []) isMissing(kernel, extern, spec);
  addressesOf(symbols, spec);
}

/** The kernel's symbols, which programs that are loaded together read once, and none that asks for no address. */
export class KernelSymbols {
  readonly #kernel: Kernel;
  #text: string | undefined;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** What /proc/kallsyms says. */
  get text(): string {
    return (this.#text ??= new TextDecoder().decode(this.#kernel.readFile("/proc/kallsyms")));
  }
}

/** Calls of functions that are missing. */
function lackingIn(
  { instructions }: ProgramSpec,
  missing: ReadonlySet<string>,
): ReadonlyMap<number, string> {
  const calls = instructions.flatMap((one, index): readonly (readonly [number, string])[] => {
    if (one.kind !== "call-kfunc" || !missing.has(String(one.function))) return [];
    return [[index, `this kernel has no function ${one.function}, which is declared weak`]];
  });
  return new Map(calls);
}

interface Found {
  readonly addresses: ReadonlyMap<string, bigint>;
  /** Names of what has a type, is weak and is not there. */
  readonly missing: ReadonlySet<string>;
}

/** Number of the helper that libbpf calls in place of weak functions that are missing, so that readers of logs know it. */
const missingFunction = 2_002_000_000;

function filled(instruction: Instruction, { addresses, missing }: Found): Instruction {
  const { label, source } = instruction;
  const kept = { ...(label === undefined ? {} : { label }), ...(source && { source }) };
  if (instruction.kind === "call-kfunc" && missing.has(String(instruction.function))) {
    return { kind: "call-helper", id: missingFunction, ...kept };
  }
  if (instruction.kind !== "wide-load" || typeof instruction.value === "bigint") return instruction;
  const { value } = instruction;
  if (value.kind !== "variable" || typeof value.name !== "string") return instruction;
  const address = missing.has(value.name) ? 0n : addresses.get(value.name);
  return address === undefined ? instruction : { ...instruction, value: address };
}

/** Whether a weak one is not there, or is another one. */
function isMissing(kernel: Kernel, extern: ProgramExtern, { name: program }: ProgramSpec): boolean {
  const { name, kind, weak } = extern;
  if (kind === "address") return false;
  const found = findFlavoured(kernel, name, "func") ?? findFlavoured(kernel, name, "var");
  if (found !== undefined && isAsDeclared(kernel, extern, found)) return false;
  if (weak) return true;
  if (found === undefined) throw notThere(kernel, extern, program);
  throw new InvalidArgumentError(
    `program "${program}" uses ${kind} "${name}", which is of another type in this kernel`,
    { hint: "declare it as this kernel has it, or __weak and with a flavour: name___other" },
  );
}

function notThere(
  kernel: Kernel,
  { name, kind }: ProgramExtern,
  program: string,
): InvalidArgumentError {
  const types = kernelBtf(kernel);
  const meant = didYouMean(name, types.namesLike(name, kind === "function" ? "func" : "var"));
  const weak = "declare it __weak, and ask whether it is there, to run without it";
  return new InvalidArgumentError(
    `program "${program}" uses ${kind} "${name}", which neither this kernel nor one of its modules has`,
    { hint: meant === undefined ? weak : `${meant}; or ${weak}` },
  );
}

/** Whether it is of the kinds it was declared with, all the way through pointers. Names of structs do not count. */
function isAsDeclared(
  kernel: Kernel,
  { local }: ProgramExtern,
  { type, module }: KernelType<"func"> | KernelType<"var">,
): boolean {
  if (local === undefined) return true;
  const target = { types: module?.types ?? kernelBtf(kernel), id: type.type };
  return areTypesCompatible({ types: local.types, id: local.type }, target);
}

function addressesOf(
  symbols: KernelSymbols,
  { name, externs = [] }: ProgramSpec,
): Map<string, bigint> {
  const wanted = externs.filter(({ kind }) => kind === "address");
  return new Map(wanted.map((one) => [one.name, addressIn(symbols.text, one, name)]));
}

/** Lines are `ffffffff81000000 T name`, of modules with `\t[module]` behind; Clang's LTO adds `.llvm.…` to names. */
function addressIn(symbols: string, { name, weak }: ProgramExtern, program: string): bigint {
  const escaped = name.replaceAll(/[.$]/g, String.raw`\$&`);
  const line = new RegExp(String.raw`^([\da-f]+) (\w) ${escaped}(?:\.llvm\.\S*)?(?:\s|$)`, "gm");
  const found = [...symbols.matchAll(line)];
  const [address, other] = new Set(found.map(([, digits]) => BigInt(`0x${digits}`)));
  const fail = (what: string, hint: string): never => {
    throw new InvalidArgumentError(`program "${program}" uses "${name}", ${what}`, { hint });
  };
  if (other !== undefined) return fail("of which the kernel has several", "use another symbol");
  if (address === undefined && !weak) {
    return fail("which the kernel does not have", "declare it __weak, so that it is zero there");
  }
  // Absolute symbols (places in the memory of each CPU) may really be at zero.
  if (address === 0n && found[0]![2]!.toLowerCase() !== "a") {
    return fail(
      "whose address the kernel hides",
      "run with CAP_SYSLOG, or see kernel.kptr_restrict",
    );
  }
  return address ?? 0n;
}
