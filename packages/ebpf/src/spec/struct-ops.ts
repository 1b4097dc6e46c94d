/**
 * Specifications of structs of functions that programs stand in for: a congestion control of TCP, a scheduler.
 *
 * The kernel has such structs in many places; some may be filled with programs, one for each function. The spec is the
 * struct as an object: functions are programs, other members values. Which there are is in the kernel's BTF
 * (`structOpsOf`), so names are checked when it is loaded.
 * @module
 */
import { assertOptions, type Checks, isName, isObject, isText, isWord } from "../base/checks.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import type { Instruction } from "../isa/instruction.ts";
import type { KernelFunction } from "./context/loose.ts";
import { type ProgramCode, programOf } from "./context-program.ts";
import { programChecks } from "./program-checks.ts";
import { type ProgramOptions, type ProgramSpec, type StructOpsTarget } from "./program-spec.ts";
import type { SourceProgramSpec } from "./source-program.ts";

/** What a member of the struct is set to, when it is no function. Text goes into arrays of characters. */
export type StructOpsValue = number | bigint | boolean | string;

/** A function of the struct with options of its own: `sleepable`, where the kernel lets it. */
export interface StructOpsFunction extends ProgramOptions {
  readonly code: readonly Instruction[] | KernelFunction;
}

/** What a member is. */
export type StructOpsMemberSpec =
  | StructOpsValue
  | readonly Instruction[]
  | KernelFunction
  | StructOpsFunction;

/**
 * How the struct is made known to the kernel: by a link (Linux 6.4), which the end of the process ends, or by an update
 * of its map (5.6), which lasts until it is taken back.
 */
export type StructOpsRegistration = "link" | "map_update";

/** What a struct of functions shall be. */
export interface StructOpsSpec {
  readonly kind: "struct-ops";
  /** Name of the struct in the kernel: `tcp_congestion_ops`. */
  readonly type: string;
  /** Name for people; the kernel keeps the first 15 characters. Empty: the collection gives its own name for it. */
  readonly name: string;
  readonly values: Readonly<Record<string, StructOpsValue>>;
  /** Its functions, by the names of their members. */
  readonly programs: Readonly<Record<string, StructOpsProgram>>;
  /** Left out: a link where the kernel has those. */
  readonly registration: StructOpsRegistration | undefined;
  /** `false` where an object file says that it is only loaded when somebody asks for it. */
  readonly autoload?: boolean;
}

/** A function of the struct, compiled or not. */
export type StructOpsProgram = ProgramSpec<StructOpsTarget> | SourceProgramSpec<StructOpsTarget>;

/** What {@link structOps} is given. */
export interface StructOpsOptions {
  /** Name of the struct in the kernel: `tcp_congestion_ops`. */
  readonly type: string;
  /** By the names of the struct's members; what is left out is zero. */
  readonly members: Readonly<Record<string, StructOpsMemberSpec>>;
  readonly name?: string;
  readonly registration?: StructOpsRegistration;
}

/**
 * A struct of functions, such as `tcp_congestion_ops`, whose functions are programs: of instructions, or functions
 * marked "use bpf" with the parameters that the kernel's have. Minimum kernel 5.6.
 * Privileges: CAP_BPF and CAP_PERFMON, and CAP_NET_ADMIN for those of the network (CAP_SYS_ADMIN before 5.8).
 * @throws {InvalidArgumentError} when it has no functions at all.
 */
export function structOps(options: StructOpsOptions): StructOpsSpec {
  assertOptions(options, checks, "a struct of functions");
  const { type, members, name = "", registration } = options;
  isName(type, "the type of a struct of functions");
  isObject(members, `the members of ${type}`);
  const values: Record<string, StructOpsValue> = {};
  const programs: Record<string, StructOpsProgram> = {};
  for (const [member, given] of Object.entries(members)) {
    if (given === undefined) continue;
    if (isValue(given)) values[member] = given;
    else programs[member] = memberProgram({ kind: "struct_ops", type, member }, given);
  }
  if (Object.keys(programs).length === 0) {
    throw new InvalidArgumentError(`${type} has no functions`, {
      hint: "give its members functions or instructions",
    });
  }
  return Object.freeze({ kind: "struct-ops", type, name, values, programs, registration });
}

const checks: Checks<StructOpsOptions> = {
  type: isName,
  members: isObject,
  name: isText,
  registration: isWord(["link", "map_update"]),
};

function isValue(given: StructOpsMemberSpec): given is StructOpsValue {
  return ["number", "bigint", "boolean", "string"].includes(typeof given);
}

function memberProgram(
  target: StructOpsTarget,
  given: Exclude<StructOpsMemberSpec, StructOpsValue>,
): StructOpsProgram {
  const { code, ...options } = isCode(given) ? { code: given } : functionOf(target, given);
  assertOptions(options, programChecks, `${target.member} of ${target.type}`);
  return programOf({ type: "struct_ops", target, ...options }, code);
}

function functionOf(
  { type, member }: StructOpsTarget,
  given: StructOpsFunction,
): StructOpsFunction {
  isObject(given, `${member} of ${type}`);
  return given;
}

function isCode(given: ProgramCode | StructOpsFunction): given is ProgramCode {
  return Array.isArray(given) || typeof given === "function";
}
