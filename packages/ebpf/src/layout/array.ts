/**
 * Arrays of a fixed length.
 * @module
 */
import { readerOf, writerOf } from "./codec/compile.ts";
import type { ArrayLayout, Layout } from "./layout.ts";
import { checkLength, checkPlaceable } from "./length.ts";

/**
 * `length` values of `element`, one behind the other. Arrays of arrays have the outer one first, as in C:
 * `array(array(u8, 4), 2)` is `__u8[2][4]`. For bytes and text {@link bytes} and {@link chars} are faster.
 * @throws {InvalidArgumentError} when `length` is not a number of elements.
 */
export function array<T>(element: Layout<T>, length: number): ArrayLayout<T> {
  checkPlaceable("array", element);
  checkLength("array", length, element.size);
  let read: ArrayLayout<T>["read"] | undefined;
  let write: ArrayLayout<T>["write"] | undefined;
  const layout: ArrayLayout<T> = Object.freeze({
    kind: "array",
    name: nameOf(element.name, length),
    size: element.size * length,
    alignment: element.alignment,
    element,
    length,
    get read(): ArrayLayout<T>["read"] {
      return (read ??= readerOf<readonly T[]>(layout));
    },
    get write(): ArrayLayout<T>["write"] {
      return (write ??= writerOf<readonly T[]>(layout));
    },
  });
  return layout;
}

/** The new dimension goes in front of those the element has. */
function nameOf(element: string, length: number): string {
  const at = element.indexOf("[");
  return at === -1
    ? `${element}[${length}]`
    : `${element.slice(0, at)}[${length}]${element.slice(at)}`;
}
