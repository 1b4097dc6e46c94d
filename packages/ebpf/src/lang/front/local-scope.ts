/**
 * Names of a function: what the blocks of its source declare.
 * @module
 */
import type { Binding } from "./entity.ts";

/** The names of one block, and through it those of the blocks around it. */
export class LocalScope {
  readonly #names = new Map<string, Binding>();
  readonly #outer: LocalScope | undefined;

  constructor(outer?: LocalScope) {
    this.#outer = outer;
  }

  /** What `name` means here. */
  find(name: string): Binding | undefined {
    return this.#names.get(name) ?? this.#outer?.find(name);
  }

  /** Gives a name a meaning in this block. */
  declare(binding: Binding): void {
    this.#names.set(binding.name, binding);
  }

  /** All names, for messages. */
  *names(): Generator<string, void> {
    yield* this.#names.keys();
    if (this.#outer !== undefined) yield* this.#outer.names();
  }
}
