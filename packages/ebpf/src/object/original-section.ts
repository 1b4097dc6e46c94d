/**
 * The section that a program was read from, for as long as that still says what the program is.
 * @module
 */
import type { ProgramSpec } from "../spec/program-spec.ts";
import { sectionTarget } from "./read/section-target.ts";
import { sectionMeaning } from "./section-name.ts";

/**
 * Name of the section; `undefined` for programs that come from no object file, and those whose type, target or loading was
 * changed since. Several names may say the same.
 */
export function originalSection(program: ProgramSpec): string | undefined {
  const { section, type, expectedAttachType, flags, target, autoload = true } = program;
  const meaning = section === undefined ? undefined : sectionMeaning(section);
  if (section === undefined || meaning === undefined) return undefined;
  const same =
    meaning.type === type &&
    meaning.expectedAttachType === expectedAttachType &&
    meaning.flags.join() === flags.join() &&
    JSON.stringify(sectionTarget(meaning)) === JSON.stringify(target) &&
    section.startsWith("?") === !autoload;
  return same ? section : undefined;
}
