/**
 * Programs that were compiled when their file was bundled.
 *
 * What a program was compiled to stands beside its function, as plain data: instructions, with what depends on the
 * kernel said by name, so that loading only has to look that up. Neither compiler nor parser is needed for it, and this
 * file leads to neither.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import type { Instruction, SourceLine } from "../isa/instruction.ts";
import type { MapSpec } from "../spec/map-spec.ts";
import type { AttachTarget, ProgramSpec } from "../spec/program-spec.ts";
import type { SourceCode, SourceProgramSpec } from "../spec/source-program.ts";
import { describedIn } from "./function-table.ts";

/** Version of the form of this data; that of instructions counts too. */
export const compiledFormat = 1;

/** What stands beside a function that was compiled. Property names are part of the format. */
export interface CompiledDescription {
  readonly compiledFormat: number;
  readonly name: string;
  /** One for each use of the function as a program. */
  readonly programs: readonly CompiledForm[];
  /** Numbers, texts and the like that were captured, as they were then. */
  readonly constants: Readonly<Record<string, unknown>>;
  /** What these names mean now, and the names of captured maps. */
  readonly values: Readonly<Record<string, () => unknown>>;
}

/** What a function was compiled to. */
export interface CompiledForm extends Pick<ProgramSpec, "functions" | "relocations"> {
  /** What a kernel that relocates is told, bytes in base64. */
  readonly description?: DescriptionOf<string>;
  /** What kind of program it was compiled for, see {@link programKind}. */
  readonly kind: string;
  readonly lines: readonly SourceLine[];
  /** Instructions whose `source` is an index into {@link lines}. */
  readonly instructions: readonly (Omit<Instruction, "source"> & { readonly source?: number })[];
}

/** A {@link ProgramDescription} with something else for its bytes. */
export interface DescriptionOf<Bytes> {
  readonly btf: Bytes;
  readonly funcInfo: TableOf<Bytes>;
  readonly lineInfo?: TableOf<Bytes> | undefined;
  readonly coreRelos?: TableOf<Bytes> | undefined;
}

interface TableOf<Bytes> {
  readonly recordSize: number;
  readonly bytes: Bytes;
}

/** A program that was compiled ahead of time. */
export interface CompiledAhead {
  readonly spec: ProgramSpec;
  /** The maps that its function captured. */
  readonly maps: readonly MapSpec[];
}

/**
 * What `program` was compiled to when it was bundled; `undefined` when it was not.
 * @throws {InvalidArgumentError} when what it was compiled with is not what it is loaded with.
 */
export function compiledAhead(program: SourceProgramSpec): CompiledAhead | undefined {
  const description = describedIn(program.code) as CompiledDescription | undefined;
  if (description?.compiledFormat === undefined) return undefined;
  const kind = programKind(program);
  const form = description.programs.find((one) => one.kind === kind);
  if (description.compiledFormat !== compiledFormat || form === undefined) {
    const what = form === undefined ? `for another kind of program, not ${kind}` : otherVersion;
    throw new InvalidArgumentError(`function "${description.name}" was compiled ${what}`, {
      hint: "bundle again; export all programs of a function from its file",
    });
  }
  assertSameConstants(description);
  const maps = Object.values(description.values).map((value) => value());
  return { spec: specOf(program, form), maps: maps.filter(isMap) };
}

const otherVersion = "by another version of ts-ebpf";

/** What the compiler makes a difference by, besides the function: where the program belongs. */
export function programKind({ type, expectedAttachType, target }: SourceProgramSpec): string {
  return [type, expectedAttachType, target.kind, placeIn(target)]
    .filter((word) => word !== undefined)
    .join(" ");
}

/** What a program traces, by which its parameters differ. */
function placeIn(target: AttachTarget): string | undefined {
  if (target.kind === "lsm" || target.kind === "lsm_cgroup") return target.hook;
  if ("member" in target) return `${target.type} ${target.member}`;
  if ("programType" in target) return target.programType;
  return "name" in target ? target.name : undefined;
}

function assertSameConstants({ name, constants, values }: CompiledDescription): void {
  for (const [captured, before] of Object.entries(constants)) {
    const now = values[captured]!();
    if (Object.is(now, before)) continue;
    throw new InvalidArgumentError(
      `function "${name}" was compiled with ${captured} = ${String(before)}, and now it is ${String(now)}`,
      { hint: `what changes from run to run is a variable: config("${captured}", …)` },
    );
  }
}

function isMap(value: unknown): value is MapSpec {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "map";
}

function specOf(program: SourceProgramSpec, form: CompiledForm): ProgramSpec {
  const { type, name, license, flags, expectedAttachType, target } = program;
  const instructions = form.instructions.map((one) => {
    const source = one.source === undefined ? undefined : form.lines[one.source];
    return (source === undefined ? one : { ...one, source }) as Instruction;
  });
  const { functions, relocations, description } = form;
  return {
    kind: "program",
    type,
    name: name === "" ? (functions?.[0]?.name ?? "") : name,
    instructions,
    license,
    flags,
    expectedAttachType,
    target,
    ...(functions === undefined ? {} : { functions }),
    ...(relocations === undefined ? {} : { relocations }),
    ...(description === undefined
      ? {}
      : { description: convertDescription(description, fromBase64) }),
  };
}

/** The same with `convert` done to its bytes. */
export function convertDescription<From, To>(
  { btf, funcInfo, lineInfo, coreRelos }: DescriptionOf<From>,
  convert: (bytes: From) => To,
): DescriptionOf<To> & Record<"lineInfo" | "coreRelos", TableOf<To> | undefined> {
  const table = ({ recordSize, bytes }: TableOf<From>): TableOf<To> => ({
    recordSize,
    bytes: convert(bytes),
  });
  return {
    btf: convert(btf),
    funcInfo: table(funcInfo),
    lineInfo: lineInfo && table(lineInfo),
    coreRelos: coreRelos && table(coreRelos),
  };
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** The description that a function was compiled with, for whoever looks for its source instead. */
export function wasCompiled(code: SourceCode): boolean {
  const description = describedIn(code) as Partial<CompiledDescription> | undefined;
  return description?.compiledFormat !== undefined;
}
