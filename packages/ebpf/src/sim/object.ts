/**
 * Objects of the simulated kernel, and the handles that keep them.
 *
 * An object counts who holds it: handles, pins, attachments, other objects. When nobody does, it leaves the kernel and
 * lets go of what it held itself. Nothing here knows what the objects are.
 * @module
 */
import { ClosedError, InvalidArgumentError } from "../base/errors.ts";
import type { Handle, HandleKind } from "../kernel/handle.ts";

/** Something that lives in a simulated kernel while anybody holds it. */
export abstract class SimulatedObject {
  abstract readonly kind: HandleKind;
  /** What messages call it: `map "counts"`. */
  readonly label: string;
  /** The kernel's number of it; 0 for kinds that have none. */
  id = 0;
  #holds = 0;
  readonly #atEnd: (() => void)[] = [];
  readonly #watchers = new Set<() => void>();

  constructor(label: string) {
    this.label = label;
  }

  /** One more hold; `drop` ends it. */
  hold(): this {
    this.#holds += 1;
    return this;
  }

  /** Ends one hold; the last one ends the object. */
  drop(): void {
    this.#holds -= 1;
    if (this.#holds > 0) return;
    for (const end of this.#atEnd.splice(0).toReversed()) end();
  }

  /** Runs `end` when nobody holds the object any more. */
  atEnd(end: () => void): void {
    this.#atEnd.push(end);
  }

  /** Whether there is something to read. */
  get readable(): boolean {
    return false;
  }

  /** Calls `wake` whenever something has become readable; returns what ends that. */
  whenReadable(wake: () => void): () => void {
    this.#watchers.add(wake);
    return () => this.#watchers.delete(wake);
  }

  /** Tells the waiting that there is something to read. */
  wakeReaders(): void {
    for (const wake of this.#watchers) wake();
  }
}

/** A hold on a {@link SimulatedObject}. */
export class SimulatedHandle implements Handle {
  readonly kind: HandleKind;
  readonly #label: string;
  #object: SimulatedObject | undefined;

  constructor(object: SimulatedObject) {
    this.kind = object.kind;
    this.#label = object.label;
    this.#object = object.hold();
  }

  get closed(): boolean {
    return this.#object === undefined;
  }

  /** The object. @throws {ClosedError} after `close` or `move`. */
  get object(): SimulatedObject {
    if (this.#object === undefined) throw new ClosedError(this.#label);
    return this.#object;
  }

  close(): void {
    const object = this.#object;
    this.#object = undefined;
    object?.drop();
  }

  move(): Handle {
    const moved = new SimulatedHandle(this.object);
    this.close();
    return moved;
  }

  duplicate(): Handle {
    return new SimulatedHandle(this.object);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/**
 * The object behind a handle, which must be of a class.
 * @throws {InvalidArgumentError} when it is of another kernel, or of another kind; {@link ClosedError} when it is closed.
 */
export function objectOf<T extends SimulatedObject>(
  handle: Handle,
  wanted: abstract new (...parts: never[]) => T,
): T {
  if (!(handle instanceof SimulatedHandle)) {
    throw new InvalidArgumentError(`this ${handle.kind} is not of the simulated kernel`, {
      hint: "a handle works only with the kernel that made it",
    });
  }
  const { object } = handle;
  if (object instanceof wanted) return object;
  throw new InvalidArgumentError(`${object.label} is not what is wanted here`, {
    hint: `it is a ${object.kind}`,
  });
}
