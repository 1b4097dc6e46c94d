/**
 * Changes: how a value differs from what it was when somebody last looked.
 * @module
 */
import { bytesEqual } from "../base/bytes.ts";
import type { Layout } from "../layout/layout.ts";
import { encodeValue } from "../layout/value.ts";

/** A difference between two looks. */
export type Change<Value> = Added<Value> | Changed<Value> | Removed<Value>;

/** There was no value, and now there is one. */
export interface Added<Value> {
  readonly kind: "added";
  readonly value: Value;
  readonly previous: undefined;
}

/** There is another value than there was. */
export interface Changed<Value> {
  readonly kind: "changed";
  readonly value: Value;
  readonly previous: Value;
  /**
   * Values that were there between the two and that nobody saw; `undefined` when that cannot be known, which is so
   * without a {@link ChangeOptions.sequence}.
   */
  readonly missed: number | undefined;
}

/** There was a value, and now there is none. */
export interface Removed<Value> {
  readonly kind: "removed";
  readonly value: undefined;
  readonly previous: Value;
}

/** How changes are told. */
export interface ChangeOptions<Value> {
  /** What the first look is compared with: what is there `now` (so when left out), or `nothing`. */
  readonly from?: "now" | "nothing" | undefined;
  /**
   * A number in the value to which its writer adds 1 with each write. From it follows how many values were missed; a
   * counter that only ever grows by 1 is its own.
   */
  readonly sequence?: ((value: Value) => number | bigint) | undefined;
}

/** Remembers the last value of one place. Values are compared as they lie in memory. */
export class ChangeDetector<Value> {
  readonly #layout: Layout<Value>;
  readonly #sequence: ChangeOptions<Value>["sequence"];
  #last: { readonly value: Value; readonly bytes: Uint8Array } | undefined;

  constructor(layout: Layout<Value>, { sequence }: ChangeOptions<Value>) {
    this.#layout = layout;
    this.#sequence = sequence;
  }

  /** The change from the last value to this one, if it is one. */
  next(value: Value | undefined): Change<Value> | undefined {
    const last = this.#last;
    if (value === undefined) {
      this.#last = undefined;
      return last && { kind: "removed", value: undefined, previous: last.value };
    }
    const bytes = encodeValue(this.#layout, value);
    if (last !== undefined && bytesEqual(bytes, last.bytes)) return undefined;
    this.#last = { value, bytes };
    if (last === undefined) return { kind: "added", value, previous: undefined };
    const previous = last.value;
    return { kind: "changed", value, previous, missed: this.#missed(previous, value) };
  }

  #missed(previous: Value, value: Value): number | undefined {
    if (this.#sequence === undefined) return undefined;
    const steps = Number(BigInt(this.#sequence(value)) - BigInt(this.#sequence(previous)));
    return steps > 0 ? steps - 1 : undefined;
  }
}
