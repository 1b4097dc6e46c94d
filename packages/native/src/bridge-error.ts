/**
 * The one error of this package: the addon cannot be had.
 *
 * Everything after loading answers with numbers, or throws TypeError and RangeError for mistakes of the caller.
 * @module
 */

/** Why the addon could not be loaded. */
export type BridgeErrorCode = "UNSUPPORTED_PLATFORM" | "ADDON_MISSING" | "ADDON_REFUSED";

/** The addon cannot be loaded; {@link BridgeError.code} says why, {@link BridgeError.hint} what to do. */
export class BridgeError extends Error {
  override readonly name = "BridgeError";
  readonly code: BridgeErrorCode;
  readonly hint: string;

  constructor(code: BridgeErrorCode, message: string, options: ErrorOptions & { hint: string }) {
    super(message, options);
    this.code = code;
    this.hint = options.hint;
  }
}
