/**
 * What a test expected and did not find.
 * @module
 */
import { BpfError } from "../../base/errors.ts";

/** An expectation of a test does not hold. Test runners show `actual` and `expected` beside the message. */
export class ExpectationError extends BpfError {
  override readonly name = "ExpectationError";
  readonly code = "EXPECTATION_FAILED";
  readonly actual: unknown;
  readonly expected: unknown;

  constructor(message: string, compared: { readonly actual: unknown; readonly expected: unknown }) {
    super(message);
    this.actual = compared.actual;
    this.expected = compared.expected;
  }
}
