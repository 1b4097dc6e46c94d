/**
 * Reading and writing structs and arrays field by field.
 *
 * This says what the compiled readers and writers must do, takes their place where code must not be made from text,
 * and words the errors for both: it is asked again when a compiled writer gives up.
 * @module
 */
import { didYouMean, plural } from "../../base/text.ts";
import type { ArrayLayout, Layout, StructLayout } from "../layout.ts";
import { unexpected, ValueError, within, type PathStep } from "../value-error.ts";
import { gapsOf, visibleFields } from "./padding.ts";

/** The values of all fields, in an object. */
export function readStruct(layout: StructLayout, view: DataView, offset: number): object {
  const value: Record<string, unknown> = {};
  for (const [name, field] of visibleFields(layout))
    value[name] = field.layout.read(view, offset + field.offset);
  return value;
}

/**
 * Stores all fields, and zero between them.
 * @throws {InvalidArgumentError} that names the field when one is missing, unknown, or has a wrong value.
 */
export function writeStruct(
  layout: StructLayout,
  view: DataView,
  offset: number,
  value: unknown,
): void {
  const values = recordOf(layout, value);
  for (const gap of gapsOf(layout)) view.setUint8(offset + gap, 0);
  for (const [name, field] of visibleFields(layout)) {
    const put = () => writePart(field.layout, view, offset + field.offset, values[name]);
    inside(name, layout.tag, put);
  }
}

/** The values of all elements. */
export function readArray(layout: ArrayLayout, view: DataView, offset: number): readonly unknown[] {
  const { element, length } = layout;
  const values: unknown[] = [];
  for (let index = 0; index < length; index++)
    values.push(element.read(view, offset + index * element.size));
  return values;
}

/**
 * Stores all elements.
 * @throws {InvalidArgumentError} that names the index when an element is missing or wrong.
 */
export function writeArray(
  layout: ArrayLayout,
  view: DataView,
  offset: number,
  value: unknown,
): void {
  const { element, length } = layout;
  if (!Array.isArray(value)) throw unexpected(value, `${layout.name} (an array)`);
  if (value.length !== length)
    throw new ValueError(`expected ${plural(length, "element")}, got ${value.length}`);
  for (let index = 0; index < length; index++) {
    const put = () => writePart(element, view, offset + index * element.size, value[index]);
    inside(index, "", put);
  }
}

function writePart(layout: Layout<unknown>, view: DataView, offset: number, value: unknown): void {
  if (value === undefined && layout.kind !== "opaque") throw unexpected(value, layout.name);
  layout.write(view, offset, value);
}

/** Runs `put` and adds the step to the path of its error. */
function inside(step: PathStep, owner: string, put: () => void): void {
  try {
    put();
  } catch (error) {
    throw within(error, step, owner);
  }
}

/** `value` as an object that has no fields but those of the struct. */
function recordOf(layout: StructLayout, value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw unexpected(value, `${layout.name} (an object)`);
  const known = visibleFields(layout).map(([name]) => name);
  for (const name in value) {
    if (known.includes(name)) continue;
    const hint = didYouMean(name, known) ?? `its fields are ${known.join(", ")}`;
    throw new ValueError(`${layout.name} has no field "${name}"`, { hint });
  }
  return value as Readonly<Record<string, unknown>>;
}
