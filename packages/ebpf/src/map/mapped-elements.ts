/**
 * Elements of an array as memory.
 *
 * The functions close over all they need, which lets the engine treat view, stride and layout as constants: about a
 * third of the time of the same code over fields of an object.
 * @module
 */
import { alignUp, viewOf } from "../base/bytes.ts";
import type { Layout } from "../layout/layout.ts";

/** Reading and writing elements in memory. */
export interface MappedElements<Value> {
  /** The value at `index`, or `undefined` outside of the array. */
  readonly get: (index: number) => Value | undefined;
  /** Stores a value; `index` is inside of the array. */
  readonly set: (index: number, value: Value) => void;
}

/** Bytes from one element of an array to the next (`round_up(value_size, 8)` in kernel/bpf/arraymap.c). */
export function elementStride(layout: Layout<unknown>): number {
  return alignUp(layout.size, 8);
}

/** The `length` elements that lie in `bytes`. */
export function mappedElements<Value>(
  layout: Layout<Value>,
  length: number,
  bytes: Uint8Array,
): MappedElements<Value> {
  const view = viewOf(bytes);
  const stride = elementStride(layout);
  const { read } = layout;
  return {
    get: (index) =>
      index >>> 0 === index && index < length ? read(view, index * stride) : absent(),
    set: (index, value) => layout.write(view, index * stride, value),
  };
}

/**
 * As a call this costs nothing until somebody asks for an element outside: the engine leaves out calls that were never
 * made, and then knows that `get` returns what `read` returns, which need not be made an object.
 */
function absent(): undefined {
  return undefined;
}
