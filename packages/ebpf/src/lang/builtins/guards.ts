/**
 * Sections of a program that end with their scope: `using guard = lock(value.lock);`.
 * @module
 */
import { InvalidArgumentError } from "../../base/errors.ts";
import { memoryOf } from "../../layout/memory-object.ts";

/** Offsets of the locks that are held, by the memory they lie in. */
const held = new WeakMap<object, Set<number>>();

/**
 * Takes the spin lock of a map value until the end of the scope. A program holds one at a time, and calls no helpers
 * meanwhile. Minimum kernel 5.1.
 * @throws {InvalidArgumentError} in a simulation, when it is held already: the kernel would wait forever.
 */
export function lock(spinLock: object): Disposable {
  const { locks, place } = placeOf(spinLock);
  if (locks.has(place)) {
    throw new InvalidArgumentError("the lock is held already", {
      hint: "the scope of the first guard must end before the lock is taken again",
    });
  }
  locks.add(place);
  return { [Symbol.dispose]: () => void locks.delete(place) };
}

function placeOf(spinLock: object): { readonly locks: Set<number>; readonly place: number } {
  const view = memoryOf(spinLock)?.view;
  const memory = view?.buffer ?? spinLock;
  const locks = held.get(memory) ?? new Set();
  held.set(memory, locks);
  return { locks, place: view?.byteOffset ?? 0 };
}

/**
 * A section in which objects of the kernel that are protected by RCU stay. Only programs that may sleep need it.
 * Minimum kernel 6.2.
 */
export function rcuRead(): Disposable {
  return { [Symbol.dispose]: () => {} };
}
