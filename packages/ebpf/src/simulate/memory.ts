/**
 * Memory behind addresses: of user space, and of objects of the kernel.
 *
 * A test places bytes or text and passes the address on; objects have addresses by themselves. Reading what nobody
 * placed fails as it does in the kernel, which fills the destination with zeros.
 * @module
 */
import { zeroTerminated } from "../base/bytes.ts";
import { objectAt } from "../layout/address-of.ts";
import { isAnyLayout, type Layout } from "../layout/layout.ts";
import { loadValue, memoryOf, storeValue } from "../layout/memory-object.ts";

const firstAddress = 0x7f00_0000_0000n;
/** Places start at multiples of this, with at least as much between them. */
const gap = 0x1000n;

/** Memory that a test has placed. */
export class PlacedMemory {
  readonly #places: { readonly address: bigint; readonly bytes: Uint8Array<ArrayBuffer> }[] = [];
  #next = firstAddress;

  /** Places bytes, or text with a zero byte: its address. */
  place(content: Uint8Array | string): bigint {
    const bytes = typeof content === "string" ? zeroTerminated(content) : content.slice();
    const address = this.#next;
    this.#next += (BigInt(bytes.length) / gap + 2n) * gap;
    this.#places.push({ address, bytes });
    return address;
  }

  /** What is in memory from `address` to the end of its place; `undefined` when nothing is. */
  from(address: Source): Uint8Array<ArrayBuffer> | undefined {
    if (typeof address === "string") return zeroTerminated(address);
    const target = typeof address === "object" && address !== null ? address : objectOf(address);
    if (target !== undefined) return bytesOfObject(target);
    if (typeof address === "object" || address === undefined) return undefined;
    const number = BigInt(address);
    const place = this.#places.find(
      (it) => number >= it.address && number < it.address + BigInt(it.bytes.length),
    );
    return place?.bytes.subarray(Number(number - place.address));
  }

  /**
   * The value of `layout` at `address`, as kernel programs see it and with memory of its own; `undefined` when it
   * cannot be read. Objects of the kernel are read by the names of the layout's fields.
   */
  read(layout: Layout<unknown>, address: Source): unknown {
    const view = new DataView(new ArrayBuffer(layout.size));
    const object = typeof address === "object" ? address : objectOf(address);
    if (object != null && bytesOfObject(object) === undefined) {
      storeValue(layout, view, 0, namedFields(layout, object));
      return loadValue(layout, view, 0);
    }
    const bytes = this.from(address);
    if (bytes === undefined || bytes.length < layout.size) return undefined;
    new Uint8Array(view.buffer).set(bytes.subarray(0, layout.size));
    return loadValue(layout, view, 0);
  }

  /** Overwrites what is at `address`; whether there was enough of it. */
  write(address: Source, bytes: Uint8Array): boolean {
    const target = this.from(address);
    if (target === undefined || target.length < bytes.length) return false;
    target.set(bytes);
    return true;
  }
}

/** What addresses are: numbers, objects themselves, and text where a test passes it instead of an address. */
export type Source = bigint | number | object | string | null | undefined;

function objectOf(address: Source): object | undefined {
  return typeof address === "bigint" ? objectAt(address) : undefined;
}

function bytesOfObject(object: object): Uint8Array<ArrayBuffer> | undefined {
  if (object instanceof Uint8Array) return object as Uint8Array<ArrayBuffer>;
  const view = memoryOf(object)?.view;
  if (view === undefined) return undefined;
  return new Uint8Array(view.buffer as ArrayBuffer, view.byteOffset, view.byteLength);
}

/** The fields of an object that a struct has; objects for anything else are taken as they are. */
function namedFields(layout: Layout<unknown>, object: object): unknown {
  if (!isAnyLayout(layout) || layout.kind !== "struct") return object;
  const given = Object.entries(object).filter(([name]) => Object.hasOwn(layout.fields, name));
  return Object.fromEntries(given);
}
