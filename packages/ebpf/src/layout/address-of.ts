/**
 * Addresses of objects, for kernel code that is called as plain JavaScript.
 *
 * There an object stands for what a pointer of the kernel points to. It gets an address when somebody asks for it,
 * keeps it, and is found by it as long as it lives. The numbers look like the kernel's and mean nothing.
 * @module
 */

/** Where the kernel's own memory begins on x86-64. */
const firstAddress = 0xffff_8880_0000_0000n;
/** Distance between objects: one page. */
const step = 0x1000n;

let next = firstAddress + step;
const addresses = new WeakMap<object, bigint>();
const objects = new Map<bigint, WeakRef<object>>();

/** The address of `object`, the same each time: never 0, a multiple of 4096. */
export function addressOf(object: object): bigint {
  const known = addresses.get(object);
  if (known !== undefined) return known;
  const address = next;
  next += step;
  addresses.set(object, address);
  objects.set(address, new WeakRef(object));
  return address;
}

/** The object at exactly this address; `undefined` when there is none, or it was thrown away. */
export function objectAt(address: bigint): object | undefined {
  return objects.get(address)?.deref();
}
