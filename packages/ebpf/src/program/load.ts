/**
 * From a program's spec to a loaded program: relocate, encode, number its maps, let the kernel verify it.
 *
 * The first attempt asks for no log, which is the fast way. When it fails the load is repeated once with as much room for a
 * log as kernels take, so that a rejection always says why: verifying may take seconds.
 * @module
 */
import { cString } from "../base/bytes.ts";
import { isObject } from "../base/checks.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import { didYouMean } from "../base/text.ts";
import { encode } from "../isa/encode.ts";
import type { Instruction } from "../isa/instruction.ts";
import { assertKernel } from "../kernel/assert-kernel.ts";
import { isTransient, NoSpaceError, NotSupportedError, SyscallError } from "../kernel/errors.ts";
import { isAtLeast } from "../kernel/feature.ts";
import type { ProgLoad, VerifierLogBuffer } from "../kernel/commands.ts";
import type { Handle } from "../kernel/handle.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { interfaceIndexOf } from "../kernel/interface-index.ts";
import { kernelName } from "../spec/kernel-name.ts";
import type { ProgramSpec } from "../spec/program-spec.ts";
import { VerifierError } from "../verifier/verifier-error.ts";
import { placesOf } from "../isa/places.ts";
import { attachType, structOpsMember } from "./attach-type-id.ts";
import { withExterns } from "./externs.ts";
import { ModuleTable } from "./module-table.ts";
import { findFlavoured } from "./module-types.ts";
import { newerInstruction } from "./newer-instruction.ts";
import {
  isDescribed,
  prepareProgram,
  type LoadProgramOptions,
  type PreparedProgram,
} from "./prepare.ts";
import { Program } from "./program.ts";
import { replacedFunction } from "./replaced-function.ts";
import { loadTellingLog, verifierLogBytes } from "./verifier-log.ts";

/** Handles of the maps a program may refer to, by name. */
export type MapHandles = ReadonlyMap<string, Handle>;

/**
 * Loads the program of `spec`; the caller closes it.
 * Privileges: CAP_BPF, and CAP_PERFMON for tracing or CAP_NET_ADMIN for networking (CAP_SYS_ADMIN before 5.8).
 * @throws {VerifierError} when the verifier rejects it, with the log.
 * @throws {PermissionError} without privileges.
 * @throws {TransientError} when signals interrupted it again and again.
 * @throws {InvalidArgumentError} when it refers to a map that is not in `maps`, or to a tracepoint that does not exist.
 * @throws {NotFoundError} when it is for one interface alone, and there is none of that name.
 * @throws {NotSupportedError} when the kernel, or the card, cannot do what it asks for.
 */
export function loadProgram(
  kernel: Kernel,
  spec: ProgramSpec,
  maps: MapHandles = new Map(),
  options: LoadProgramOptions = {},
): Program {
  assertKernel(kernel);
  assertLoadable(spec);
  using resources = new DisposableStack();
  const filled = withExterns(kernel, spec, options.symbols);
  const prepared = prepareProgram(kernel, filled.spec, { ...options, resources });
  const replaced = replacedFunction(kernel, spec, options.replaces);
  const modules = new ModuleTable(kernel, resources);
  const attributes = { ...loadAttributes(kernel, spec, { maps, prepared, modules }), ...replaced };
  try {
    return new Program({ kernel, spec, handle: loadOnce(kernel, attributes, spec.name, options) });
  } catch (error) {
    if (!isRefusal(error)) throw error;
    // What the kernel cannot relocate the library can, or it says what is missing.
    if (isDescribed(spec, options)) {
      return loadProgram(kernel, spec, maps, { ...options, relocator: "library" });
    }
    const lacking = bySlot(spec, [...filled.lacking, ...prepared.lacking]);
    const refusal = { error, name: spec.name, instructions: prepared.instructions, lacking };
    return new Program({ kernel, spec, handle: loadWithLog(kernel, attributes, refusal) });
  }
}

/** Whether the kernel may have said in its log why it refused: it does not of what it is too old for. */
function isRefusal(error: unknown): error is SyscallError | NotSupportedError {
  if (error instanceof NotSupportedError) return error.since === undefined;
  return error instanceof SyscallError && !isTransient(error);
}

/** @throws {InvalidArgumentError} when it is no program, or one that is still to be compiled. */
function assertLoadable(spec: unknown): asserts spec is ProgramSpec {
  isObject(spec, "the program to load");
  const { kind } = spec as { readonly kind?: unknown };
  if (kind === "program") return;
  const isSource = kind === "source-program";
  throw new InvalidArgumentError(
    isSource ? "the program is not compiled yet" : "what shall be loaded is no program",
    { hint: isSource ? "load({ program }) compiles it" : "give what xdp(…), tpBtf(…) return" },
  );
}

/** Loads without a log, unless somebody wants one. */
function loadOnce(
  kernel: Kernel,
  attributes: ProgLoad,
  name: string,
  { verifierLog }: LoadProgramOptions,
): Handle {
  if (verifierLog === undefined) return kernel.bpf("progLoad", attributes);
  return loadTellingLog(kernel, attributes, { name, ...verifierLog });
}

/** What a program refers to. */
interface Surroundings {
  readonly maps: MapHandles;
  readonly prepared: PreparedProgram;
  readonly modules: ModuleTable;
}

/** Reasons by the slots of instructions, which are where they were before anything was filled in. */
function bySlot(
  { instructions }: ProgramSpec,
  reasons: Iterable<readonly [number, string]>,
): ReadonlyMap<number, string> {
  const { starts } = placesOf(instructions);
  return new Map(Array.from(reasons, ([index, reason]) => [starts[index]!, reason]));
}

function loadAttributes(
  kernel: Kernel,
  spec: ProgramSpec,
  { maps, prepared, modules }: Surroundings,
): ProgLoad {
  const used: string[] = [];
  const attach = attachType(kernel, spec);
  const insns = encode(prepared.instructions, {
    map: (name) => numberOf(spec, maps, used, name),
    kfunc: (name) => modules.numbered(findFlavoured(kernel, name, "func")),
    variable: (name) =>
      modules.numbered(findFlavoured(kernel, name, "var") ?? findFlavoured(kernel, name, "func")),
  });
  return {
    progType: spec.type,
    progName: kernelName(spec.name),
    insns,
    fdArray: modules.handles,
    maps: used.map((name) => maps.get(name)!),
    license: spec.license,
    progFlags: spec.flags,
    expectedAttachType: spec.expectedAttachType,
    ...deviceOf(kernel, spec),
    attachBtfId: attach?.id,
    attachBtfObj: attach?.module && modules.handleOf(attach.module),
    structOpsMember: structOpsMember(kernel, spec),
    ...prepared.attributes,
  };
}

/** The interface that a program is loaded for alone. */
function deviceOf(kernel: Kernel, { target }: ProgramSpec): Pick<ProgLoad, "progIfindex"> {
  if ((target.kind !== "xdp" && target.kind !== "tc") || target.device === undefined) return {};
  return { progIfindex: interfaceIndexOf(kernel, target.interface!) };
}

/** Index of a map in the table that goes with the program; the map is put into it when it is met first. */
function numberOf(spec: ProgramSpec, maps: MapHandles, used: string[], name: string): number {
  if (!maps.has(name)) {
    throw new InvalidArgumentError(
      `program "${spec.name}" uses map "${name}", which is not there`,
      {
        hint: didYouMean(name, maps.keys()) ?? "add the map to what is loaded with the program",
      },
    );
  }
  const index = used.indexOf(name);
  return index === -1 ? used.push(name) - 1 : index;
}

/** The first attempt's error, and what is told in the second one's. */
interface Refusal {
  readonly error: SyscallError | NotSupportedError;
  /** The program's name in full; the kernel's copy may be shorter. */
  readonly name: string;
  readonly instructions: readonly Instruction[];
  /** Why instructions cannot be run on this kernel, by their slots. */
  readonly lacking: ReadonlyMap<number, string>;
}

/** Before, a log that finds no room has its start only, without the reason. */
const keepsEndSince = [6, 4] as const;
/** BPF_LOG_STATS of include/linux/bpf_verifier.h: the reason and figures, and none of the way there. */
const statisticsLevel = 4;

/**
 * Loads again to learn why the first attempt failed.
 * @throws {VerifierError} when the kernel wrote a log, else the error of the first attempt.
 * @throws {NotSupportedError} when the log says, in its way, that the kernel is older than an instruction.
 * @throws {TransientError} when signals interrupted it again and again.
 */
function loadWithLog(kernel: Kernel, attributes: ProgLoad, refusal: Refusal): Handle {
  const log: VerifierLogBuffer = { level: 1, buffer: new Uint8Array(verifierLogBytes) };
  const attempt = (level: number): Handle | undefined => {
    try {
      return kernel.bpf("progLoad", { ...attributes, log: { ...log, level } });
    } catch (error) {
      // What an interrupted attempt has logged so far says nothing about the program.
      if (isTransient(error)) throw error;
      const isCutOff = error instanceof NoSpaceError && !isAtLeast(kernel.version, keepsEndSince);
      return isCutOff && level === 1 ? attempt(statisticsLevel) : undefined;
    }
  };
  const handle = attempt(1);
  if (handle !== undefined) return handle;
  const text = cString(log.buffer);
  const { error: cause, name, instructions, lacking } = refusal;
  if (text === "") throw cause;
  const rejected = new VerifierError(name, text, { cause, instructions, lacking });
  throw tooNew(kernel, instructions, rejected) ?? rejected;
}

/** Rejections that may mean that an instruction is newer than the kernel. */
const notKnown: ReadonlySet<string> = new Set(["unknown-instruction", "function-info-invalid"]);

function tooNew(
  { version }: Kernel,
  instructions: readonly Instruction[],
  rejected: VerifierError,
): NotSupportedError | undefined {
  if (!notKnown.has(rejected.explanation?.id ?? "")) return undefined;
  const newer = newerInstruction(version, instructions);
  if (newer === undefined) return undefined;
  const { feature, since } = newer;
  const what = `${feature}, which program "${rejected.program}" needs`;
  return new NotSupportedError(what, { since, cause: rejected });
}
