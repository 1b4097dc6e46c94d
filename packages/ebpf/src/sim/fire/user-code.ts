/**
 * Calls in programs and libraries of user space, and their USDT probes.
 *
 * Where a function is says the symbol table of the file; where a probe's arguments are says the file's note of it, so
 * registers and memory are set as the note wants them.
 * @module
 */
import { InvalidArgumentError } from "../../base/errors.ts";
import { didYouMean } from "../../base/text.ts";
import type { ElfFile } from "../../elf/elf.ts";
import { fileOffset } from "../../elf/file-offset.ts";
import { readElf } from "../../elf/read.ts";
import { readSymbols } from "../../elf/tables.ts";
import { readUsdtProbes, type UsdtProbe } from "../../elf/usdt.ts";
import type { UsdtArgument } from "../../elf/usdt-argument.ts";
import { place } from "../attach/place.ts";
import type { Core } from "../core.ts";
import type { Given } from "../typed/given.ts";
import { type Call, type Called, callFunction } from "./function.ts";
import { encodeRegisters, type Registers } from "./registers.ts";
import { runAttached, type Run, toldOf } from "./run.ts";
import { Scope } from "./scope.ts";

/** Runs the programs at a function of a file: a symbol, or bytes from the start of the file. */
export function fireUserFunction(
  core: Core,
  path: string,
  where: string | number,
  call: Call,
): Called {
  using scope = new Scope(core);
  const offset = typeof where === "number" ? where : offsetOf(core, path, where);
  const words = scope.arguments(call.args ?? [], undefined);
  return callFunction(scope, words, {
    call: { ...call, registers: { ip: BigInt(offset), ...call.registers } },
    places: {
      entry: core.attachments.at(place.userCode("uprobe", path, offset)),
      exit: core.attachments.at(place.userCode("uretprobe", path, offset)),
    },
  });
}

/** @throws {InvalidArgumentError} when there is no such file. */
function fileAt(core: Core, path: string): ElfFile {
  const bytes = core.files.read(path);
  if (bytes !== undefined) return readElf(bytes, path);
  throw new InvalidArgumentError(`the simulated kernel has no file ${path}`, {
    hint: "add it with addFile or addProgramFile, or give { files }",
  });
}

/** @throws {InvalidArgumentError} when the file has no such function. */
function offsetOf(core: Core, path: string, symbol: string): number {
  const file = fileAt(core, path);
  const symbols = (["symtab", "dynsym"] as const).flatMap((table) => readSymbols(file, table));
  const functions = symbols.filter(({ type }) => type === "function");
  const found = functions.find(({ name }) => name === symbol);
  const offset = found && fileOffset(file, found.value);
  if (offset !== undefined) return offset;
  const hint = didYouMean(
    symbol,
    functions.map(({ name }) => name),
  );
  throw new InvalidArgumentError(
    `${path} has no function "${symbol}"`,
    hint === undefined ? {} : { hint },
  );
}

/**
 * Runs the programs at a USDT probe `provider:name`, at its first site.
 * @throws {InvalidArgumentError} when the file has no such probe, or it has fewer arguments.
 */
export function fireUsdt(
  core: Core,
  path: string,
  probe: string,
  args: readonly Given[],
): readonly Run[] {
  using scope = new Scope(core);
  const site = siteOf(fileAt(core, path), probe);
  if (args.length > site.arguments.length) {
    throw new InvalidArgumentError(`${probe} has ${site.arguments.length} arguments`, {
      hint: `${args.length} were given`,
    });
  }
  const words = scope.arguments(args, undefined);
  const registers = encodeRegisters({ ip: site.address, ...placeArguments(scope, site, words) });
  const context = scope.placement.allocate("context", registers);
  const at = place.userCode("uprobe", path, site.offset);
  return toldOf(runAttached(core, core.attachments.at(at), context));
}

function siteOf(file: ElfFile, probe: string): UsdtProbe {
  const probes = readUsdtProbes(file);
  const found = probes.find(({ provider, name }) => `${provider}:${name}` === probe);
  if (found !== undefined) return found;
  const names = probes.map(({ provider, name }) => `${provider}:${name}`);
  const hint = didYouMean(probe, names) ?? `it has ${names.join(", ") || "none"}`;
  throw new InvalidArgumentError(`${file.path} has no USDT probe "${probe}"`, { hint });
}

/** Bytes before and behind where a register points to. */
const reach = 4096;

/** Puts arguments where the probe's note says that they are: the registers. */
function placeArguments(scope: Scope, site: UsdtProbe, words: readonly bigint[]): Registers {
  const registers: Record<string, bigint> = {};
  for (const [index, word] of words.entries())
    placeArgument(scope, registers, site.arguments[index]!, word);
  return registers;
}

function placeArgument(
  scope: Scope,
  registers: Record<string, bigint>,
  argument: UsdtArgument,
  word: bigint,
): void {
  if (argument.kind === "register") registers[argument.register] = word;
  if (argument.kind !== "memory" && argument.kind !== "indexed") return;
  // An index register is 0, so that base and distance alone say where.
  registers[argument.register] ??=
    scope.placement.allocate("memory of the process", new Uint8Array(2 * reach)) + BigInt(reach);
  const address = registers[argument.register]! + argument.offset;
  scope.core.memory.store(
    address,
    argument.sizeBytes,
    BigInt.asUintN(8 * argument.sizeBytes, word),
  );
}
