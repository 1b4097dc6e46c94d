/**
 * Specifications of one program on many places in a program or library.
 * @module
 */
import {
  assertOptions,
  type Checks,
  isAnything,
  isListOf,
  isName,
  isText,
  isWhole,
} from "../base/checks.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import type { ProbeContext } from "./context/probe.ts";
import { type PlacedProgram, type ProgramCode, programOf } from "./context-program.ts";
import { cookiesOf, isCookie } from "./cookie.ts";
import { programChecks } from "./program-checks.ts";
import {
  type ProgramOptions,
  type UprobeMultiTarget,
  type UserFunctionChoice,
} from "./program-spec.ts";
import { assertProcess } from "./process.ts";
import type { AttachType } from "./words.ts";

/** Where probes go: exactly one of `symbols`, `pattern` and `offsets` says which places. */
export interface UprobeMultiPlaces {
  /**
   * The program or library: a path, or a name without a slash, such as `libc`, which is looked for as with `uprobe`.
   */
  readonly path: string;
  /** Functions by name, `name` or `name@VERSION`. */
  readonly symbols?: readonly string[];
  /** All functions whose names fit, with `*` and `?`. */
  readonly pattern?: string;
  /** Bytes from the start of the file. */
  readonly offsets?: readonly number[];
  /** Only this process; every one when left out. */
  readonly pid?: number;
  /** Bytes from the start of the file to each place's counter of listeners; 0 for none. */
  readonly counterOffsets?: readonly number[];
}

/** Options of {@link uprobeMulti} and its kin. */
export interface UprobeMultiOptions extends ProgramOptions {
  /** What `bpf_get_attach_cookie` gives, for each place in its order. Not with a pattern. */
  readonly cookies?: readonly (number | bigint)[];
}

/** A function that makes specs of programs on many places in a file. */
export type UprobeMultiProgram = PlacedProgram<
  UprobeMultiPlaces,
  ProbeContext,
  UprobeMultiTarget,
  UprobeMultiOptions
>;

/**
 * A program that runs when one of many places in a program or library is reached; its context are the registers. Minimum
 * kernel 6.6.
 * @throws {InvalidArgumentError} when the places are not said in exactly one way, or cookies or counters are not one for each.
 */
export const uprobeMulti: UprobeMultiProgram = maker("uprobe_multi", "trace_uprobe_multi");

/** The same when one of many functions returns. */
export const uretprobeMulti: UprobeMultiProgram = maker("uretprobe_multi", "trace_uprobe_multi");

/** The same at both: a program that returns 1 at the call is not run at the return. Minimum kernel 6.13. */
export const uprobeSession: UprobeMultiProgram = maker("uprobe_session", "trace_uprobe_session");

function maker(
  kind: UprobeMultiTarget["kind"],
  expectedAttachType: AttachType,
): UprobeMultiProgram {
  return (places: UprobeMultiPlaces, code: ProgramCode, options: UprobeMultiOptions = {}) => {
    assertOptions(places, placesChecks, `the places of a ${kind}`);
    assertOptions(options, optionChecks, `a ${kind}`);
    const { path, pid, counterOffsets, ...choice } = places;
    const { cookies, ...rest } = options;
    isName(path, `the path of a ${kind}`);
    assertProcess(pid);
    const functions = choiceOf(path, choice);
    const count = (choice.symbols ?? choice.offsets)?.length;
    if (counterOffsets !== undefined && counterOffsets.length !== count) {
      throw new InvalidArgumentError(`a probe in ${path} has not one counter for each place`, {
        hint: "give as many counterOffsets as symbols or offsets",
      });
    }
    const counters = counterOffsets === undefined ? {} : { counterOffsets };
    const known = { ...cookiesOf(cookies, count), ...counters };
    const target: UprobeMultiTarget = { kind, path, functions, pid, ...known };
    return programOf({ type: "kprobe", target, expectedAttachType, ...rest }, code);
  };
}

const optionChecks: Checks<UprobeMultiOptions> = { ...programChecks, cookies: isListOf(isCookie) };

const placesChecks: Checks<UprobeMultiPlaces> = {
  path: isName,
  symbols: isListOf(isName),
  pattern: isText,
  offsets: isListOf(isWhole()),
  pid: isAnything,
  counterOffsets: isListOf(isWhole()),
};

function choiceOf(
  path: string,
  choice: Pick<UprobeMultiPlaces, "symbols" | "pattern" | "offsets">,
): UserFunctionChoice {
  const { symbols, pattern, offsets } = choice;
  const given = [symbols, pattern, offsets].filter((it) => it !== undefined && it.length > 0);
  if (given.length !== 1) {
    throw new InvalidArgumentError(`a probe in ${path} says its places in ${given.length} ways`, {
      hint: 'say them in one: { symbols: ["malloc", "free"] }, { pattern: "uv_*" } or { offsets }',
    });
  }
  if (pattern !== undefined) return { pattern };
  return symbols === undefined ? { offsets: offsets! } : { symbols };
}
