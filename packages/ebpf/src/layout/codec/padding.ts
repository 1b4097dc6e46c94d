/**
 * Padding: the bytes of a struct that belong to no field, or to one that user space does not fill.
 *
 * Maps compare keys byte by byte, so padding must always be the same; we keep it zero.
 * @module
 */
import type { Field, StructLayout } from "../layout.ts";

/** The fields that have a value, by name. */
export function visibleFields({ fields }: StructLayout): readonly (readonly [string, Field])[] {
  return Object.entries(fields).filter(([, { layout }]) => layout.kind !== "opaque");
}

/** Offsets of the bytes between and behind the visible fields of the struct itself, not of structs in it. */
export function gapsOf(struct: StructLayout): readonly number[] {
  const gaps: number[] = [];
  let end = 0;
  const fields = visibleFields(struct).map(([, field]) => field);
  for (const { offset, layout } of [...fields, { offset: struct.size, layout: { size: 0 } }]) {
    for (let gap = end; gap < offset; gap++) gaps.push(gap);
    end = offset + layout.size;
  }
  return gaps;
}
