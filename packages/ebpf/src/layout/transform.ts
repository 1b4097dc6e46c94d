/**
 * Values of one's own type over the memory of another layout.
 *
 * `decode` makes the value from what the inner layout reads, `encode` makes what the inner layout writes. Both should
 * be pure: a write that fails is done a second time to find out which field is to blame.
 * @module
 */
import { isFunction, isObject } from "../base/checks.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import { assertLayout } from "./assert-layout.ts";
import type { Layout, TransformLayout } from "./layout.ts";
import { ValueError } from "./value-error.ts";

/** How to get from memory to a domain type and back. */
export interface Transformation<Stored, T> {
  /** Name of the layout in messages; otherwise the inner layout's. */
  readonly name?: string;
  /** The value for what was read. What it throws reaches whoever reads. */
  readonly decode: (stored: Stored) => T;
  /** What to store for a value. What it throws becomes the cause of an `InvalidArgumentError` that names the field. */
  readonly encode: (value: T) => Stored;
}

/**
 * A layout with the memory of `inner` and values of type `T`.
 *
 * ```ts
 * const seconds = transform(u64, {
 *   decode: (stored) => new Date(Number(stored) * 1000),
 *   encode: (date) => BigInt(Math.floor(date.getTime() / 1000)),
 * });
 * ```
 */
export function transform<Stored, T>(
  inner: Layout<Stored>,
  transformation: Transformation<Stored, T>,
): TransformLayout<T> {
  assertLayout(inner, "what is transformed");
  isObject(transformation, "the transformation");
  const { name = inner.name, decode, encode } = transformation;
  isFunction(decode, "decode of the transformation");
  isFunction(encode, "encode of the transformation");
  return Object.freeze<TransformLayout<T>>({
    kind: "transform",
    name,
    size: inner.size,
    alignment: inner.alignment,
    inner,
    read: (view, offset) => decode(inner.read(view, offset)),
    write: (view, offset, value) => {
      let stored: Stored;
      try {
        stored = encode(value);
      } catch (error) {
        throw refused(error, name);
      }
      inner.write(view, offset, stored);
    },
  });
}

/** The error of an `encode` that threw, unless it threw the right one itself. */
function refused(cause: unknown, name: string): InvalidArgumentError {
  if (cause instanceof InvalidArgumentError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ValueError(`cannot be stored as ${name}: ${reason}`, { cause });
}
