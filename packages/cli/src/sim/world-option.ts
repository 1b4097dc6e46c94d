/**
 * The option `--world` of all commands that have a simulated kernel.
 * @module
 */
import { HintedOption } from "../completion/hint.ts";

/** What all commands with a simulated kernel take. */
export interface WorldOptions {
  /** File with what the simulated kernel is and has. */
  readonly world?: string;
}

/** `--world <file>`: what the simulated kernel is and has. */
export function worldOption(): HintedOption {
  return new HintedOption("--world <file>", "what the simulated kernel is and has, in JSON", {
    values: "file",
  });
}
