/**
 * Values that lie in memory: objects whose properties are read from bytes and stored to bytes.
 *
 * They are what kernel programs have when they are called as plain JavaScript: map values, events, structs on the
 * stack. Storing converts as C does and never refuses a number: it wraps, text is cut. Integers of network order are
 * their bits as they lie in memory, and transformed values the numbers under them, as in a compiled program. User
 * space, which gets plain objects by `read`, has no use for them.
 * @module
 */
import { viewOf } from "../base/bytes.ts";
import { didYouMean } from "../base/text.ts";
import type { Convertible } from "./convert.ts";
import { machineInteger } from "./machine-integer.ts";
import {
  isAnyLayout,
  type AnyLayout,
  type ArrayLayout,
  type CharsLayout,
  type Layout,
  type StructLayout,
} from "./layout.ts";
import { requireString, unexpected, ValueError } from "./value-error.ts";

/** Where an object's bytes are. */
export interface Memory {
  readonly layout: Layout<unknown>;
  /** Exactly the bytes of the value. */
  readonly view: DataView;
}

const memories = new WeakMap<object, Memory>();

/** Where the bytes of `object` are; `undefined` when it does not lie in memory. */
export function memoryOf(object: unknown): Memory | undefined {
  return typeof object === "object" && object !== null ? memories.get(object) : undefined;
}

/** A view of the bytes of one value at `offset`. */
function within(layout: Layout<unknown>, view: DataView, offset: number): DataView {
  return new DataView(view.buffer, view.byteOffset + offset, layout.size);
}

/**
 * The value at `offset` as kernel programs see it. Structs, arrays and bytes stay where they are: writing to what is
 * returned changes the memory.
 */
export function loadValue(layout: Layout<unknown>, view: DataView, offset: number): unknown {
  if (!isAnyLayout(layout)) return layout.read(view, offset);
  return accessOf(layout).load(layout, view, offset);
}

/**
 * Stores `value` at `offset` as kernel programs do.
 * @throws {ValueError} when the value is of a type that cannot be converted.
 */
export function storeValue(
  layout: Layout<unknown>,
  view: DataView,
  offset: number,
  value: unknown,
): void {
  const memory = memoryOf(value);
  if (memory !== undefined && memory.layout === layout) copy(memory.view, view, offset);
  else if (isAnyLayout(layout)) accessOf(layout).store(layout, view, offset, value);
  else layout.write(view, offset, value);
}

/**
 * The object at `offset`: a struct or an array itself, anything else as property `value` of an object. The properties
 * are added to `target`, except those of arrays; afterwards no others can be.
 */
export function objectIn(
  layout: Layout<unknown>,
  view: DataView,
  offset: number,
  target: object = {},
): object {
  const place = within(layout, view, offset);
  if (isAnyLayout(layout) && layout.kind === "struct") return structObject(layout, place, target);
  const value = loadValue(layout, view, offset);
  if (memoryOf(value) !== undefined) return value as object;
  return accessors({ layout, view: place }, [["value", 0, layout]], target);
}

/** An object of zeros with memory of its own, or made of `value`. */
export function objectOf(layout: Layout<unknown>, value?: unknown): object {
  const view = new DataView(new ArrayBuffer(layout.size));
  if (value !== undefined) storeValue(layout, view, 0, value);
  return objectIn(layout, view, 0);
}

/** The bytes of `value` as kernel programs store it: a copy. */
export function bytesOfValue(layout: Layout<unknown>, value: unknown): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(layout.size);
  storeValue(layout, viewOf(bytes), 0, value);
  return bytes;
}

function copy(from: DataView, to: DataView, offset: number): void {
  new Uint8Array(to.buffer, to.byteOffset + offset, from.byteLength).set(
    new Uint8Array(from.buffer, from.byteOffset, from.byteLength),
  );
}

interface Access<L> {
  readonly load: (layout: L, view: DataView, offset: number) => unknown;
  readonly store: (layout: L, view: DataView, offset: number, value: unknown) => void;
}

type Kinds = {
  readonly [Kind in AnyLayout["kind"]]: Access<Extract<AnyLayout, { kind: Kind }>>;
};

function accessOf(layout: AnyLayout): Access<AnyLayout> {
  return kinds[layout.kind] as Access<AnyLayout>;
}

const kinds: Kinds = {
  integer: {
    load: (layout, view, offset) => machineInteger(layout).get(view, offset),
    store: (layout, view, offset, value) =>
      machineInteger(layout).set(view, offset, convertible(value, layout)),
  },
  bool: {
    load: (layout, view, offset) => layout.read(view, offset),
    store: (layout, view, offset, value) =>
      layout.write(view, offset, Boolean(convertible(value, layout))),
  },
  chars: {
    load: (layout, view, offset) => layout.read(view, offset),
    store: storeText,
  },
  bytes: {
    load: (layout, view, offset) =>
      new Uint8Array(view.buffer, view.byteOffset + offset, layout.size),
    store: (layout, view, offset, value) => {
      if (!(value instanceof Uint8Array)) throw unexpected(value, `${layout.name} (a Uint8Array)`);
      fill(within(layout, view, offset), value.slice(0, layout.size));
    },
  },
  array: {
    load: (layout, view, offset) => arrayObject(layout, within(layout, view, offset)),
    store: storeArray,
  },
  struct: {
    load: (layout, view, offset) => structObject(layout, within(layout, view, offset)),
    store: storeStruct,
  },
  transform: {
    load: ({ inner }, view, offset) => {
      const stored = loadValue(inner, view, offset);
      return typeof stored === "bigint" ? Number(stored) : stored;
    },
    store: (layout, view, offset, value) => {
      const isNumber = typeof value === "number" || typeof value === "bigint";
      if (isNumber) storeValue(layout.inner, view, offset, value);
      else layout.write(view, offset, value);
    },
  },
  opaque: {
    load: (layout, view, offset) => accessors({ layout, view: within(layout, view, offset) }, []),
    store: (layout, view, offset) => layout.write(view, offset, undefined),
  },
};

function convertible(value: unknown, { name }: Layout<unknown>): Convertible {
  if (value === undefined || value === null || typeof value === "string")
    throw unexpected(value, `${name} (a number)`);
  return value;
}

const encoder = new TextEncoder();

/** Text is cut to what fits, and the rest filled with zeros. */
function storeText(layout: CharsLayout, view: DataView, offset: number, value: unknown): void {
  requireString(value, layout.name);
  const room = layout.terminated ? layout.size - 1 : layout.size;
  const text = value as string;
  const end = text.indexOf("\0");
  const bytes = encoder.encode(end === -1 ? text : text.slice(0, end));
  fill(within(layout, view, offset), bytes.subarray(0, room));
}

/** Stores the bytes, and zeros behind them. */
function fill(view: DataView, bytes: Uint8Array): void {
  const memory = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  memory.fill(0, bytes.length);
  memory.set(bytes);
}

/** The elements that are given; zeros for the others. */
function storeArray(layout: ArrayLayout, view: DataView, offset: number, value: unknown): void {
  if (!Array.isArray(value)) throw unexpected(value, `${layout.name} (an array)`);
  const bytes = new Uint8Array(layout.size);
  const { element, length } = layout;
  for (let index = 0; index < Math.min(length, value.length); index++)
    storeValue(element, viewOf(bytes), index * element.size, value[index]);
  fill(within(layout, view, offset), bytes);
}

/** The fields that are given; zeros for the others. The value may be made of the memory it is stored to. */
function storeStruct(layout: StructLayout, view: DataView, offset: number, value: unknown): void {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw unexpected(value, `${layout.name} (an object)`);
  const bytes = new Uint8Array(layout.size);
  for (const [name, given] of Object.entries(value))
    if (given !== undefined) storeField(layout, viewOf(bytes), name, given);
  fill(within(layout, view, offset), bytes);
}

function storeField(layout: StructLayout, view: DataView, name: string, value: unknown): void {
  const field = Object.hasOwn(layout.fields, name) ? layout.fields[name] : undefined;
  if (field !== undefined) return storeValue(field.layout, view, field.offset, value);
  const known = Object.keys(layout.fields);
  const hint = didYouMean(name, known) ?? `its fields are ${known.join(", ")}`;
  throw new ValueError(`${layout.name} has no field "${name}"`, { hint });
}

function structObject(layout: StructLayout, view: DataView, target: object = {}): object {
  const parts = Object.entries(layout.fields).map(([name, it]): Part => [
    name,
    it.offset,
    it.layout,
  ]);
  return accessors({ layout, view }, parts, target);
}

type Part = readonly [name: string, offset: number, layout: Layout<unknown>];

/** An object with the parts as properties of its own, so that it compares like a plain one. */
function accessors(memory: Memory, parts: readonly Part[], target: object = {}): object {
  const { view } = memory;
  for (const [name, offset, layout] of parts) {
    Object.defineProperty(target, name, {
      enumerable: true,
      get: () => loadValue(layout, view, offset),
      set: (value: unknown) => {
        storeValue(layout, view, offset, value);
      },
    });
  }
  Object.preventExtensions(target);
  memories.set(target, memory);
  return target;
}

/** An array whose reads beyond its ends give zeros and whose writes there do nothing. */
function arrayObject(layout: ArrayLayout, view: DataView): object {
  const { element, length } = layout;
  const parts = Array.from({ length }, (_, index): Part => [
    String(index),
    index * element.size,
    element,
  ]);
  const elements = accessors({ layout, view }, parts, []);
  const isBeyond = (name: string | symbol) =>
    typeof name === "string" &&
    /^-?\d+$/.test(name) &&
    !(Number(name) >= 0 && Number(name) < length);
  const bounded = new Proxy(elements, {
    get: (target, name, receiver) =>
      isBeyond(name) ? zeroOf(element) : (Reflect.get(target, name, receiver) as unknown),
    set: (target, name, value, receiver) =>
      isBeyond(name) || Reflect.set(target, name, value, receiver),
  });
  memories.set(bounded, { layout, view });
  return bounded;
}

function zeroOf(layout: Layout<unknown>): unknown {
  return loadValue(layout, new DataView(new ArrayBuffer(layout.size)), 0);
}
