/**
 * Padding: the bytes of a struct that belong to no field.
 *
 * Maps compare keys byte by byte, so padding must always be the same; we keep it zero.
 * @module
 */
import type { StructLayout } from "../layout.ts";

/** Offsets of the bytes between and behind the fields of the struct itself, not of structs in it. */
export function gapsOf({ fields, size }: StructLayout): readonly number[] {
  const gaps: number[] = [];
  let end = 0;
  for (const { offset, layout } of [
    ...Object.values(fields),
    { offset: size, layout: { size: 0 } },
  ]) {
    for (let gap = end; gap < offset; gap++) gaps.push(gap);
    end = offset + layout.size;
  }
  return gaps;
}
