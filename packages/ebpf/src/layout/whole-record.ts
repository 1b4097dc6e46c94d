/**
 * Events of which nothing is known: all bytes of a record, however many.
 *
 * A ring does not say what programs put into it, and object files rarely do. Streams know this layout, and give what a
 * record holds; as part of something else it has no bytes.
 * @module
 */
import type { Layout } from "./layout.ts";
import { ValueError } from "./value-error.ts";

/** The layout of events whose layout nobody knows. What streams read is a copy of a record's bytes. */
export const wholeRecord: Layout<Uint8Array> = Object.freeze({
  name: "whole record",
  size: 0,
  alignment: 1,
  read: () => new Uint8Array(),
  write: () => {
    throw new ValueError(
      "nothing says how values are laid out; open the object with a layout for them",
    );
  },
});
