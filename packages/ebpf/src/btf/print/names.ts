/**
 * Names of structs and unions in one namespace, where C has several.
 *
 * In C a struct, an enum and a typedef may share a name, and BTF of a whole kernel holds different structs of one name
 * from different files. Here each gets its own: the first keeps it, further ones get `___2` and so on behind it, which
 * is what CO-RE takes for the same struct.
 * @module
 */

/** Hands out names, each once. */
export class Names {
  readonly #uses = new Map<string, number>();
  readonly #taken: ReadonlySet<string>;

  /** Names in `taken` are not handed out as they are. */
  constructor(taken: ReadonlySet<string> = new Set()) {
    this.#taken = taken;
  }

  /** `name`, or `name` with a number behind it when it was handed out before. */
  take(name: string): string {
    const uses = (this.#uses.get(name) ?? (this.#taken.has(name) ? 1 : 0)) + 1;
    this.#uses.set(name, uses);
    if (uses === 1) return name;
    return this.take(`${name}___${uses}`);
  }
}
