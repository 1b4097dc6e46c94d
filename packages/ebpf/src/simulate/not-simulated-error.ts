/**
 * The error of what a simulation does not play.
 * @module
 */
import { BpfError, type BpfErrorOptions } from "../base/errors.ts";

/** A program called something that the simulation has no behaviour for. */
export class NotSimulatedError extends BpfError {
  override readonly name = "NotSimulatedError";
  readonly code = "NOT_SIMULATED";
  /** What was called: `bpf.dPath`. */
  readonly what: string;

  constructor(what: string, options: BpfErrorOptions) {
    super(`${what} is not simulated`, options);
    this.what = what;
  }
}
