/**
 * A variable that programs and user space share, as a cell.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import type { Layout } from "../layout/layout.ts";
import { sameValue } from "../layout/value.ts";
import type { GlobalVariable } from "../map/global-variable.ts";
import type { Atomicity, Cell } from "./cell.ts";

/** A live variable; it always has a value. */
export class VariableCell<Value> implements Cell<Value> {
  readonly #variable: GlobalVariable<Value>;

  constructor(variable: GlobalVariable<Value>) {
    this.#variable = variable;
  }

  get what(): string {
    return `variable "${this.#variable.name}"`;
  }

  get closed(): boolean {
    return this.#variable.closed;
  }

  get layout(): Layout<Value> {
    return this.#variable.spec.layout;
  }

  get atomicity(): Atomicity {
    return this.#variable.atomic ? "machine" : "thread";
  }

  get(): Value {
    return this.#variable.value;
  }

  set(value: Value): void {
    this.#variable.value = value;
  }

  create(): boolean {
    return false;
  }

  replace(expected: Value, next: Value): boolean {
    if (this.#variable.atomic) return this.#variable.compareAndSet(expected, next);
    if (!sameValue(this.layout, this.get(), expected)) return false;
    this.set(next);
    return true;
  }

  delete(): boolean {
    throw new InvalidArgumentError(`${this.what} cannot be deleted: variables stay`, {
      hint: "set a value that means that there is none",
    });
  }
}
