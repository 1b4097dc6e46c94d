/**
 * Letting things happen one after the other that somebody wrote down: what a recording, or a file of a test, consists of.
 *
 * A happening names a method of {@link Fire} and what it is given. All of it can be JSON: bytes are `{ "hex": "…" }`,
 * integers beyond 2^53 `{ "integer": "…" }`.
 * @module
 */
import { InvalidArgumentError } from "../../base/errors.ts";
import { didYouMean } from "../../base/text.ts";
import type { SimulatedTask } from "../world.ts";
import { Fire } from "./fire.ts";
import { fromJson } from "./from-json.ts";
import type { SimulatedKernel } from "../simulated-kernel.ts";

/** One thing that happens. */
export interface Happening {
  /** Nanoseconds since the one before; timers run meanwhile. */
  readonly afterNs?: number;
  /** What is other than before of the process that it happens in. */
  readonly task?: Partial<SimulatedTask>;
  readonly cpu?: number;
  /** What happens: a method of `kernel.fire`. */
  readonly fire: string;
  /** What the method is given. */
  readonly with: readonly unknown[];
}

const methods = Object.getOwnPropertyNames(Fire.prototype).filter((name) => name !== "constructor");

/**
 * Lets one thing happen; returns what the method of `fire` does.
 * @throws {InvalidArgumentError} when nothing can happen that is called so, or with other things than it takes.
 */
export function happen(kernel: SimulatedKernel, happening: Happening): unknown {
  const { afterNs = 0, task, cpu, fire: name, with: given } = happening;
  if (!methods.includes(name)) {
    const hint = didYouMean(name, methods) ?? `there is ${methods.join(", ")}`;
    throw new InvalidArgumentError(`nothing that happens is called "${name}"`, { hint });
  }
  if (!Array.isArray(given)) {
    throw new InvalidArgumentError(`"${name}" is not given a list`, {
      hint: `write { "fire": "${name}", "with": [ … ] }`,
    });
  }
  kernel.advance(BigInt(Math.trunc(afterNs)));
  if (task !== undefined)
    kernel.world.task = { ...kernel.world.task, ...(fromJson(task) as object) };
  if (cpu !== undefined) kernel.world.cpu = cpu;
  const method = kernel.fire[name as "tracepoint"] as (...given: unknown[]) => unknown;
  return method.apply(kernel.fire, given.map(fromJson));
}
