/**
 * What a loaded program consists of: instructions with the functions and source lines they belong to, and machine code.
 *
 * The instructions are those the kernel has made of what was loaded: dead code is gone, maps and helpers are addresses.
 * Names of functions and text of lines are in the BTF that was loaded along, so they are there if it was.
 * @module
 */
import { assert } from "../base/assert.ts";
import type { Btf } from "../btf/btf.ts";
import {
  decodeRecords,
  funcInfoFormat,
  type LineInfo,
  lineInfoFormat,
} from "../btf/ext/records.ts";
import { decode } from "../isa/decode.ts";
import { type Instruction, slotCount, type SourceLine } from "../isa/instruction.ts";
import type { ProgramId } from "../kernel/handle.ts";
import type { ProgramContents, ProgramInfo } from "../kernel/info.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { addressOf, functionsAt } from "../sys/machine/kallsyms.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";
import { assertNumber, readBtfObject } from "./open.ts";

/** A loaded program, taken apart. */
export interface ProgramCode {
  readonly info: ProgramInfo;
  /** After verification. Functions begin with a label, and instructions know their source line where BTF tells. */
  readonly instructions: readonly Instruction[];
  readonly functions: readonly MachineFunction[];
  /**
   * Name of a helper or of another function of the kernel that a `call-helper` among {@link instructions} calls: `format`
   * takes it as `helperSymbol`. In a loaded program such a call has a distance in place of the helper's number.
   */
  readonly helperSymbol: (id: number) => string | undefined;
}

/** A function of a program as machine code. */
export interface MachineFunction {
  /** Empty without BTF. */
  readonly name: string;
  /** 0 where it may not be seen. */
  readonly address: bigint;
  readonly tag: string;
  /** Machine code with the lines it was made from, in order; one without a line where nothing is known. */
  readonly blocks: readonly MachineBlock[];
}

/** Machine code of one source line, or of part of it. */
export interface MachineBlock {
  readonly address: bigint;
  readonly source: SourceLine | undefined;
  readonly bytes: Uint8Array;
}

/**
 * Reads what a program consists of, by its number. Minimum kernel 4.13, for lines 5.0. Privileges: CAP_SYS_ADMIN; what
 * the kernel does not show (`kernel.kptr_restrict`) is empty.
 * @throws {NotFoundError} when there is no such program (any more).
 */
export function readProgramCode(id: ProgramId, kernel: Kernel = openNativeKernel()): ProgramCode {
  assertNumber(id, "the number of a program", kernel);
  using object = kernel.bpf("progGetFdById", { id });
  const info = kernel.bpf("objGetInfoByFd", { object, contents: "all" });
  assert(info.kind === "program" && info.contents !== undefined, "contents were asked for");
  const { contents } = info;
  const btf = info.btfId === 0 ? undefined : readBtfObject(info.btfId, kernel);
  const names = btf === undefined ? [] : namesOf(contents, btf);
  const lines =
    btf === undefined ? [] : decodeRecords(lineInfoFormat, contents.lineInfo, btf.strings);
  const instructions = instructionsOf(contents, names, lines);
  return {
    info,
    instructions,
    functions: functionsOf(contents, names, lines),
    helperSymbol: symbolsOf(instructions),
  };
}

interface NamedFunction {
  readonly slot: number;
  readonly name: string;
}

function namesOf({ functionInfo }: ProgramContents, btf: Btf): readonly NamedFunction[] {
  return decodeRecords(funcInfoFormat, functionInfo, btf.strings).map(({ slot, type }) => ({
    slot,
    name: btf.typeById(type).name ?? "",
  }));
}

function instructionsOf(
  { translated }: ProgramContents,
  names: readonly NamedFunction[],
  lines: readonly LineInfo[],
): readonly Instruction[] {
  const labels = new Map(names.map(({ slot, name }) => [slot, name]));
  const starts = new Map(lines.map((line) => [line.slot, line]));
  let slot = 0;
  let source: SourceLine | undefined;
  return decode(translated, { origin: "kernel" }).map((instruction) => {
    const label = labels.get(slot);
    source = starts.get(slot) ?? source;
    slot += slotCount(instruction);
    return {
      ...instruction,
      ...(label === undefined ? {} : { label }),
      ...(source === undefined ? {} : { source }),
    };
  });
}

function functionsOf(
  contents: ProgramContents,
  names: readonly NamedFunction[],
  lines: readonly LineInfo[],
): readonly MachineFunction[] {
  let start = 0;
  return contents.functions.map(({ address, sizeBytes, tag }, index) => {
    const code = contents.jited.subarray(start, start + sizeBytes);
    start += sizeBytes;
    const blocks = blocksOf({ address, code }, contents.lineAddresses, lines);
    return { name: names[index]?.name ?? "", address, tag, blocks };
  });
}

/** Cuts the code of a function where lines begin. */
function blocksOf(
  { address, code }: { readonly address: bigint; readonly code: Uint8Array },
  addresses: readonly bigint[],
  lines: readonly LineInfo[],
): readonly MachineBlock[] {
  const end = address + BigInt(code.length);
  const starts = addresses.flatMap((at, index) =>
    at >= address && at < end ? [{ at, source: lines[index] }] : [],
  );
  if (starts[0]?.at !== address) starts.unshift({ at: address, source: undefined });
  return starts.flatMap(({ at, source }, index) => {
    const next = starts[index + 1]?.at ?? end;
    const bytes = code.subarray(Number(at - address), Number(next - address));
    return bytes.length === 0 ? [] : [{ address: at, source, bytes }];
  });
}

/** What helpers' numbers count from in a loaded program (kernel/bpf/core.c). */
const base = "__bpf_call_base";

/** The list of symbols is long: it is read when the first name is asked for. */
function symbolsOf(instructions: readonly Instruction[]): ProgramCode["helperSymbol"] {
  let names: ReadonlyMap<number, string> | undefined;
  return (id) => {
    names ??= calledFunctions(instructions);
    return names.get(id);
  };
}

function calledFunctions(instructions: readonly Instruction[]): ReadonlyMap<number, string> {
  const start = addressOf(base);
  if (start === undefined) return new Map();
  const distances = instructions.flatMap((it) => (it.kind === "call-helper" ? [it.id] : []));
  const named = functionsAt(distances.map((distance) => start + BigInt(distance)));
  return new Map(Array.from(named, ([address, name]) => [Number(address - start), name] as const));
}
