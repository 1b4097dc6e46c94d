/**
 * Opening programs that are pinned, by this process or another one.
 * @module
 */
import { assert } from "../base/assert.ts";
import { isName } from "../base/checks.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import { assertKernel } from "../kernel/assert-kernel.ts";
import { NotSupportedError } from "../kernel/errors.ts";
import type { ProgramInfo } from "../kernel/info.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { program } from "../spec/program.ts";
import type { ProgramSpec } from "../spec/program-spec.ts";
import { Program } from "./program.ts";

/**
 * Opens the program pinned at `path`; the caller closes it, which leaves the pin as it is. With `spec` the program has to
 * be of its type, and attaches where it says; the instructions are not compared. Without one the program knows its type and
 * name, and not where it attaches. Minimum kernel 4.13.
 * @throws {NotFoundError} when nothing is there.
 * @throws {InvalidArgumentError} when it is no program, or of another type.
 */
export function openPinnedProgram<Spec extends ProgramSpec = ProgramSpec>(
  kernel: Kernel,
  path: string,
  spec?: Spec,
): Program<Spec> {
  assertKernel(kernel);
  isName(path, "the path of a pinned program");
  using stack = new DisposableStack();
  const handle = stack.use(kernel.bpf("objGet", { pathname: path, kind: "program" }));
  const info = kernel.bpf("objGetInfoByFd", { object: handle });
  assert(info.kind === "program", `info of a program is of a ${info.kind}`);
  if (spec !== undefined && info.type !== spec.type) {
    throw new InvalidArgumentError(
      `the program pinned at ${path} is of type ${info.type}, not ${spec.type}`,
    );
  }
  const opened = new Program({ kernel, spec: spec ?? (bareSpecOf(info) as Spec), handle });
  stack.move();
  return opened;
}

/**
 * What can be said of a program that others have loaded: its type and name.
 * @throws {NotSupportedError} when this library does not know the type.
 */
export function bareSpecOf({ type, name }: ProgramInfo): ProgramSpec {
  if (typeof type === "number") {
    throw new NotSupportedError(`programs of type ${type} in this library`);
  }
  return program(type, [], { name });
}
