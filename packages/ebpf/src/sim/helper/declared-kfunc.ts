/**
 * Functions of the kernel of which a test says what they give: those that the simulated kernel does not have itself, and
 * those that shall do something else.
 *
 * Their types say what a program passes, and what comes back: an integer as wide as it is, an address, or the address of an
 * object that is placed in memory.
 * @module
 */
import { InvalidArgumentError } from "../../base/errors.ts";
import { didYouMean } from "../../base/text.ts";
import type { Core } from "../core.ts";
import type { Given } from "../typed/given.ts";
import { TypedWriter } from "../typed/typed-writer.ts";
import type { Helper } from "../vm/machine.ts";

/** What a function gives: always the same, or made of its arguments, each 64 bits without sign. */
export type KfuncResult = Given | ((...given: readonly bigint[]) => Given);

/**
 * A function of the kernel that does nothing but give `result`.
 * @throws {InvalidArgumentError} when the kernel's types have no such function, or it cannot give that.
 */
export function declaredKfunc(core: Core, name: string, result: KfuncResult): Helper {
  const { btf } = core.types;
  const found = btf.findByName(name, "func");
  if (found === undefined) {
    const hint =
      didYouMean(name, btf.namesLike(name, "func")) ??
      "make the simulated kernel with the BTF of one that has the function";
    throw new InvalidArgumentError(`the simulated kernel has no types for function "${name}"`, {
      hint,
    });
  }
  const { parameters, returnType } = btf.signature(found.id);
  const writer = new TypedWriter(btf, core.placement);
  const wordOf = (given: Given): bigint =>
    returnType === 0 ? 0n : writer.word(returnType, given, `the result of ${name}`);
  if (typeof result !== "function") {
    const word = wordOf(result);
    return () => word;
  }
  return ({ registers }) => wordOf(result(...registers.slice(1, parameters.length + 1)));
}
