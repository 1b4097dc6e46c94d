/**
 * JavaScript source under construction.
 *
 * The text is made of numbers, names made up here, and field names as string literals; whatever else the code needs
 * is passed in as a constant. So a name cannot smuggle code in.
 * @module
 */

/** Where a value lies, in the generated code: a variable with an offset, and a distance from it in bytes. */
export interface Place {
  readonly variable: string;
  readonly distance: number;
}

/** Where the generated functions start: their parameter `offset`. */
export const start: Place = { variable: "offset", distance: 0 };

/** A place `distance` bytes further on. */
export function beyond(place: Place, distance: number): Place {
  return { variable: place.variable, distance: place.distance + distance };
}

/** The expression of a place: `offset + 16`. */
export function at({ variable, distance }: Place): string {
  return distance === 0 ? variable : `${variable} + ${distance}`;
}

/** The function body being written, with the constants and the functions it uses. */
export class Source {
  readonly #constants: unknown[] = [];
  readonly #definitions: string[] = [];
  readonly #defined = new Map<object, string>();
  #names = 0;

  /** A name for `value`, which will be passed in. */
  constant(value: unknown): string {
    return `constant${this.#constants.push(value) - 1}`;
  }

  /** A new name for a variable. */
  name(): string {
    return `name${this.#names++}`;
  }

  /** Adds the function or class that `write` defines under the name it is given, and returns that name. */
  define(write: (name: string) => string): string {
    const name = this.name();
    this.#definitions.push(write(name));
    return name;
  }

  /** The same, once for each `key`. */
  defineFor(key: object, write: (name: string) => string): string {
    const name = this.#defined.get(key) ?? this.define(write);
    this.#defined.set(key, name);
    return name;
  }

  /**
   * Runs the definitions so far and then `body`, and returns what `body` returns.
   * @throws {EvalError} where code must not be made from text.
   */
  run(body: string): unknown {
    const names = this.#constants.map((_, index) => `constant${index}`);
    const text = ['"use strict";', ...this.#definitions, body].join("\n");
    // oxlint-disable-next-line typescript/no-implied-eval -- the one place where code is made from text
    return new Function(...names, text)(...this.#constants);
  }
}
