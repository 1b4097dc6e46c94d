/**
 * Text constants that helpers read: on the stack, as they are short.
 * @module
 */
import type { Lowering } from "../lowering.ts";
import type { TextType } from "../type.ts";
import { storeBytes } from "./bytes.ts";
import { type DirectPlace, stackPlace } from "./place.ts";

const encoder = new TextEncoder();

/** A text with the zero that ends it, in memory. */
export function textConstant(lowering: Lowering, text: string): DirectPlace {
  const bytes = encoder.encode(`${text}\0`);
  const type: TextType = {
    kind: "text",
    name: `char[${bytes.length}]`,
    size: bytes.length,
    alignment: 1,
  };
  const place = stackPlace(lowering, type, "text");
  storeBytes(lowering, place, bytes);
  return place;
}
