/**
 * Conditions that values have to meet before they are stored through a reference.
 * @module
 */
import { BpfError } from "../base/errors.ts";

/**
 * Whether a value may be stored: true when it may, false when not, and a text when not and this is why. What it throws
 * reaches the caller.
 */
export type Validator<Value> = (value: Value) => boolean | string;

/** A validator refused a value. Nothing was stored. */
export class RefusedValueError extends BpfError {
  override readonly name = "RefusedValueError";
  readonly code = "VALUE_REFUSED";
  /** The value. */
  readonly value: unknown;

  constructor(what: string, value: unknown, reason: string | undefined) {
    super(`a validator refused the value for ${what}${reason === undefined ? "" : `: ${reason}`}`, {
      hint: "see the error's value, and the validators given with the reference",
    });
    this.value = value;
  }
}

/** @throws {RefusedValueError} when a validator refuses `value`. `what` says for messages where it was going to. */
export function validate<Value>(
  validators: readonly Validator<Value>[],
  value: Value,
  what: string,
): void {
  for (const validator of validators) {
    const answer = validator(value);
    if (answer === true) continue;
    throw new RefusedValueError(what, value, answer === false ? undefined : answer);
  }
}
