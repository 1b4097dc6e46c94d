/**
 * Layouts of the kernel's packet headers.
 *
 * They are made of the places that the kernel's BTF tells, so that unions overlap and bit fields share their byte, which
 * layouts that a program declares cannot do.
 * @module
 */
import { littleEndian } from "../base/bytes.ts";
import { array } from "../layout/array.ts";
import { be16, be32, be64, s16, s32, s64, s8, u16, u32, u64, u8 } from "../layout/integer.ts";
import type { Field, IntegerLayout, Layout, StructLayout } from "../layout/layout.ts";
import { headers } from "./generated/headers.ts";

/** A struct: its size in bytes and its fields. */
export interface HeaderFields {
  readonly size: number;
  readonly fields: Readonly<Record<string, HeaderField>>;
}

/** Where a field is, what it is (`"be16"`, `"u8[6]"`, a struct), and for bit fields: first bit and number of bits. */
export type HeaderField =
  | readonly [offset: number, type: string | HeaderFields]
  | readonly [offset: number, type: string, firstBit: number, bits: number];

/** The layout of a header by the name of its struct; `undefined` when it is none of those that are known. */
export function headerLayout(name: string): StructLayout | undefined {
  const known = layouts.get(name);
  if (known !== undefined || !Object.hasOwn(headers, name)) return known;
  const layout = structLayout(name, headers[name]!);
  layouts.set(name, layout);
  return layout;
}

const layouts = new Map<string, StructLayout>();

function structLayout(tag: string, { size, fields }: HeaderFields): StructLayout {
  const entries = Object.entries(fields).map(([name, field]): [string, Field] => [
    name,
    { offset: field[0], layout: fieldLayout(name, field) },
  ]);
  const layout: StructLayout = {
    kind: "struct",
    name: `struct ${tag}`,
    tag,
    size,
    alignment: 1,
    packed: true,
    fields: Object.fromEntries(entries),
    read: (view, offset) =>
      Object.fromEntries(
        entries.map(([key, it]) => [key, it.layout.read(view, offset + it.offset)]),
      ),
    write: (view, offset, value) => {
      for (const [key, it] of entries) it.layout.write(view, offset + it.offset, value[key]);
    },
  };
  return Object.freeze(layout);
}

function fieldLayout(name: string, [, type, firstBit, bits]: HeaderField): Layout<unknown> {
  if (typeof type !== "string") return structLayout(name, type);
  const [, element, length] = /^(\w+)(?:\[(\d+)\])?$/.exec(type)!;
  const integer = integers[element!]!;
  if (length !== undefined) return array<unknown>(integer, Number(length));
  return bits === undefined ? integer : bitField(integer, firstBit!, bits);
}

const integers: Readonly<Record<string, IntegerLayout<number> | IntegerLayout<bigint>>> = {
  u8,
  u16,
  u32,
  u64,
  s8,
  s16,
  s32,
  s64,
  be16,
  be32,
  be64,
};

/** Some bits of an integer, counted from where the machine's compilers start: its low end, or on s390x its high end. */
function bitField(word: Layout<unknown>, firstBit: number, bits: number): Layout<number> {
  const whole = word as Layout<number>;
  const shift = littleEndian ? firstBit : 8 * whole.size - firstBit - bits;
  const mask = 2 ** bits - 1;
  return Object.freeze<Layout<number>>({
    name: `${whole.name}:${bits}`,
    size: whole.size,
    alignment: whole.alignment,
    read: (view, offset) => (whole.read(view, offset) >>> shift) & mask,
    write: (view, offset, value) => {
      const others = whole.read(view, offset) & ~(mask << shift);
      whole.write(view, offset, (others | ((value & mask) << shift)) >>> 0);
    },
  });
}
