/**
 * Options and arguments that tell shells more than help texts do.
 * @module
 */
import { Argument, Option } from "commander";

/** Something that shells can list. */
export type ValueKind = "user" | "process" | "file" | "interface";

/** What is known of an option. */
export interface Hint {
  /** What its values are. */
  readonly values?: ValueKind;
  /** That it may be given several times. */
  readonly repeatable?: boolean;
}

/** An option with a hint. */
export class HintedOption extends Option {
  readonly hint: Hint;

  constructor(flags: string, description: string, hint: Hint) {
    super(flags, description);
    this.hint = hint;
  }
}

/** An argument with a hint. */
export class HintedArgument extends Argument {
  readonly hint: Pick<Hint, "values">;

  constructor(name: string, description: string, hint: Pick<Hint, "values">) {
    super(name, description);
    this.hint = hint;
  }
}
