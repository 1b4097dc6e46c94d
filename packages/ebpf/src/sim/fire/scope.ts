/**
 * One firing: the memory that its context takes, and how values become what programs find.
 * @module
 */
import { viewOf } from "../../base/bytes.ts";
import type { BtfParameter } from "../../btf/type.ts";
import type { Core } from "../core.ts";
import { type Given, type GivenObject, isObject } from "../typed/given.ts";
import { Placement } from "../typed/placement.ts";
import { TypedWriter } from "../typed/typed-writer.ts";
import { InvalidArgumentError } from "../../base/errors.ts";

/** What a firing works with; what it placed is gone at its end. */
export class Scope implements Disposable {
  readonly core: Core;
  readonly placement: Placement;
  /** Writes types of the kernel, and those of contexts. */
  readonly kernel: TypedWriter;
  readonly contexts: TypedWriter;

  constructor(core: Core) {
    this.core = core;
    this.placement = new Placement(core.memory);
    this.kernel = new TypedWriter(core.types.btf, this.placement);
    this.contexts = new TypedWriter(core.types.contexts, this.placement);
  }

  /** Words one behind the other, as a context. */
  words(words: readonly bigint[]): bigint {
    const bytes = new Uint8Array(8 * words.length);
    for (const [index, word] of words.entries())
      viewOf(bytes).setBigUint64(8 * index, BigInt.asUintN(64, word), true);
    return this.placement.allocate("context", bytes);
  }

  /** Arguments as words: by the types of `parameters` where they are known. */
  arguments(given: readonly Given[], parameters: readonly BtfParameter[] | undefined): bigint[] {
    return given.map((value, index) => {
      const parameter = parameters?.[index];
      const name = parameter?.name || `argument ${index + 1}`;
      return parameter === undefined
        ? this.word(value, name)
        : this.kernel.word(parameter.type, value, name);
    });
  }

  /** A value whose type is not known: a number, or text and bytes, which are placed. */
  word(given: Given, name: string): bigint {
    if (given === null || given === undefined) return 0n;
    if (typeof given === "number" || typeof given === "bigint" || typeof given === "boolean")
      return BigInt.asUintN(64, BigInt(given));
    if (typeof given === "string" || given instanceof Uint8Array)
      return this.placement.place(given);
    const what = isObject(given) ? "an object" : "a list";
    throw new InvalidArgumentError(`${name} is ${what}, and its type is not known`, {
      hint: "place it with kernel.object(type, members) and give the address",
    });
  }

  /** A context of one of the kernel's own structs: its address, and its bytes. */
  context(
    struct: string,
    members: GivenObject,
  ): { readonly address: bigint; readonly bytes: Uint8Array } {
    const address = this.contexts.object(struct, { ...members });
    return { address, bytes: this.core.memory.regionOf(address)!.bytes };
  }

  [Symbol.dispose](): void {
    this.placement[Symbol.dispose]();
  }
}
