/**
 * Specifications of programs on probes that the authors of a program or library put into it (user statically defined
 * tracing, `DTRACE_PROBE` of <sys/sdt.h>).
 * @module
 */
import { assertOptions, type Checks, isAnything, isName, isText } from "../base/checks.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import type { UsdtContext } from "./context/usdt.ts";
import { type PlacedProgram, type ProgramCode, programOf } from "./context-program.ts";
import { cookieOf } from "./cookie.ts";
import { assertProcess } from "./process.ts";
import { cookieChecks } from "./program-checks.ts";
import { type ProgramOptions, type UsdtTarget } from "./program-spec.ts";

/** Which probe. */
export interface UsdtPlace {
  /**
   * The program or library: a path, or a name without a slash, such as `libc`, which is looked for as with `uprobe`.
   */
  readonly path: string;
  /** Who made the probe; any when left out. */
  readonly provider?: string;
  readonly name: string;
  /** Only this process; every one when left out. */
  readonly pid?: number;
}

/** Options of {@link usdt}. */
export interface UsdtOptions extends ProgramOptions {
  /** What `context.cookie` gives, to tell attachments apart. */
  readonly cookie?: number | bigint;
}

/**
 * A program that runs at a USDT probe, wherever in the file it was put: `usdtProbes(path)` lists those that there are.
 * Its arguments are `context.args[0]`, `context.args[1]`…, each site's found where that site has them. Before kernel 5.15
 * sites are told apart by their addresses; where that is not enough, attaching is refused. Minimum kernel 4.17, for probes
 * with a semaphore 4.20.
 * @throws {InvalidArgumentError} when no name is given.
 */
export const usdt: PlacedProgram<UsdtPlace, UsdtContext, UsdtTarget, UsdtOptions> = (
  place: UsdtPlace,
  code: ProgramCode,
  options: UsdtOptions = {},
) => {
  assertOptions(place, placeChecks, "the place of a USDT probe");
  assertOptions(options, cookieChecks, "a USDT probe");
  const { path, provider = "", name, pid } = place;
  const { cookie, ...rest } = options;
  isName(path, "the path of a USDT probe");
  if (name === undefined || name === "") {
    throw new InvalidArgumentError(`a USDT probe in ${path} has no name`, {
      hint: "usdtProbes(path) lists those that there are",
    });
  }
  assertProcess(pid);
  const target: UsdtTarget = { kind: "usdt", path, provider, name, pid, ...cookieOf(cookie) };
  return programOf({ type: "kprobe", target, ...rest }, code);
};

const placeChecks: Checks<UsdtPlace> = {
  path: isName,
  provider: isText,
  name: isText,
  pid: isAnything,
};
