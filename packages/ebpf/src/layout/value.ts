/**
 * Whole values as bytes: what a map holds under a key, what an event consists of.
 * @module
 */
import { bytesEqual, viewOf } from "../base/bytes.ts";
import { MalformedError } from "../base/errors.ts";
import { plural } from "../base/text.ts";
import { interpretWriter } from "./codec/compile.ts";
import { isAnyLayout, type Layout } from "./layout.ts";

/** The bytes of `value`, as many as the layout has. */
export function encodeValue<T>(layout: Layout<T>, value: T): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(layout.size);
  layout.write(viewOf(bytes), 0, value);
  return bytes;
}

/**
 * The bytes of a value of which there will be no second: no writer is compiled for it, which takes longer than one value
 * does.
 */
export function encodeOnce<T>(layout: Layout<T>, value: T): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(layout.size);
  const isCompiled = isAnyLayout(layout) && (layout.kind === "struct" || layout.kind === "array");
  if (isCompiled) interpretWriter<T>(layout)(viewOf(bytes), 0, value);
  else layout.write(viewOf(bytes), 0, value);
  return bytes;
}

/**
 * The value that `bytes` are.
 * @throws {MalformedError} when there are more or fewer bytes than the layout has.
 */
export function parseValue<T>(layout: Layout<T>, bytes: Uint8Array): T {
  if (bytes.length !== layout.size)
    throw new MalformedError(
      "VALUE",
      `${layout.name} takes ${plural(layout.size, "byte")}, got ${bytes.length}`,
      { hint: "is the layout that of the program which wrote them, padding included?" },
    );
  return layout.read(viewOf(bytes), 0);
}

/** Whether two values lie in memory alike: what the layout leaves out, as locks and padding, does not count. */
export function sameValue<T>(layout: Layout<T>, left: T, right: T): boolean {
  return bytesEqual(encodeValue(layout, left), encodeValue(layout, right));
}
