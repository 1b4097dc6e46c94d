/**
 * The error of capture: the source of a function could not be found, or is not what runs.
 *
 * There are several ways to a function's source and each fails for its own reason; the message gives that reason and
 * the hint names the ways that remain. Mistakes inside of the function are the compiler's to report.
 * @module
 */
import { BpfError, type BpfErrorOptions } from "../base/errors.ts";

/** The source of a function marked "use bpf" cannot be had. */
export class CaptureError extends BpfError {
  override readonly name = "CaptureError";
  readonly code = "CAPTURE_ERROR";
}

/** The error for a function whose source no way leads to; `reason` says what stood in the way. */
export function noWayTo(name: string, reason: string, options: BpfErrorOptions = {}): CaptureError {
  return new CaptureError(`cannot find the source of ${quoted(name)}: ${reason}`, {
    hint: ways,
    ...options,
  });
}

/** The error for a function that does not say it is meant for the kernel. */
export function notMarked(name: string): CaptureError {
  return new CaptureError(`${quoted(name)} is not marked as a program of the kernel`, {
    hint:
      'make "use bpf" the first statement of its body; where it is, a build tool has dropped it: ' +
      "use the plugin ts-ebpf/plugin",
  });
}

/** The error for a method, an accessor or a class: what has no place where it could be wrapped. */
export function notAFunction(name: string, place?: string): CaptureError {
  const where = place === undefined ? "" : `${place}: `;
  return new CaptureError(
    `${where}${quoted(name)} is a method or a class, which cannot run in the kernel`,
    { hint: "write it as a function or an arrow function: `name: (context) => { … }`" },
  );
}

/** The error for a name whose declaration has not run yet. */
export function noValueYet(name: string, cause: unknown): CaptureError {
  return new CaptureError(`"${name}" has no value yet`, {
    cause,
    hint: "load the program after the line that declares it has run",
  });
}

const ways =
  "run the file as it is with node (types are stripped); or start with `node --import ts-ebpf/register`; " +
  "or bundle with the plugin ts-ebpf/plugin; or compile ahead of time with `ts-ebpf build`";

/** The function's name as messages show it. */
function quoted(name: string): string {
  return name === "" ? "an anonymous function" : `function "${name}"`;
}
