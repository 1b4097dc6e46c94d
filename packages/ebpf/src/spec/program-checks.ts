/**
 * What the options of programs can be, as far as several kinds of programs have them.
 * @module
 */
import { type Checks, isListOf, isName, isText, isWord } from "../base/checks.ts";
import type { CgroupOptions } from "./cgroup.ts";
import { isCookie } from "./cookie.ts";
import type { KretprobeOptions } from "./kprobe.ts";
import type { ProgramOptions } from "./program-spec.ts";
import type { TracingOptions } from "./trampoline.ts";
import { programFlags } from "./words.ts";

/** Of every program. */
export const programChecks: Checks<ProgramOptions> = {
  name: isText,
  license: isText,
  flags: isListOf(isWord(programFlags)),
};

/** Of programs with one attachment that has a cookie. */
export const cookieChecks: Checks<KretprobeOptions & TracingOptions> = {
  ...programChecks,
  cookie: isCookie,
};

/** Of programs on control groups. */
export const cgroupChecks: Checks<CgroupOptions> = { ...programChecks, cgroup: isName };
