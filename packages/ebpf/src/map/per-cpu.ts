/**
 * Per-CPU values: one value for each possible CPU, and what can be made of them.
 *
 * A lookup in a per-CPU map fills one slot per possible CPU, each rounded up to 8 bytes, in ascending order of CPU
 * number and without holes: slot `i` belongs to `kernel.cpus.possible[i]`, which need not be CPU `i`
 * (kernel/bpf/hashtab.c, bpf_percpu_hash_copy).
 * @module
 */
import { alignUp } from "../base/bytes.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import { plural } from "../base/text.ts";
import type { Layout } from "../layout/layout.ts";
import { unexpected } from "../layout/value-error.ts";

/** Layout of `count` slots of `value`. */
export function perCpuLayout<Value>(value: Layout<Value>, count: number): Layout<readonly Value[]> {
  const stride = alignUp(value.size, 8);
  const { read } = value;
  return {
    name: `${value.name} per CPU`,
    size: stride * count,
    alignment: 8,
    read: (view, offset) => {
      const values: Value[] = [];
      for (let slot = 0; slot < count; slot++) values.push(read(view, offset + slot * stride));
      return values;
    },
    write: (view, offset, values) => {
      if (!Array.isArray(values))
        throw unexpected(values, `an array of ${value.name}, one per CPU`);
      if (values.length !== count) {
        throw new InvalidArgumentError(
          `${plural(values.length, "value")} given for ${plural(count, "possible CPU")}`,
          { hint: "give one value per possible CPU, or use setAll" },
        );
      }
      values.forEach((item, slot) => value.write(view, offset + slot * stride, item));
    },
  };
}

/** Sum of the values of all CPUs. */
export function sum<Value extends number | bigint>(values: readonly Value[]): Value {
  assertValues(values);
  return values.reduce((total, value) => add(total, value));
}

/** Largest of the values of all CPUs. */
export function max<Value extends number | bigint>(values: readonly Value[]): Value {
  assertValues(values);
  return values.reduce((best, value) => (value > best ? value : best));
}

/** Smallest of the values of all CPUs. */
export function min<Value extends number | bigint>(values: readonly Value[]): Value {
  assertValues(values);
  return values.reduce((best, value) => (value < best ? value : best));
}

/** Mean of the values of all CPUs, as a number also for 64-bit values. */
export function average(values: readonly (number | bigint)[]): number {
  assertValues(values);
  return Number(sum(values as readonly bigint[])) / values.length;
}

function add<Value extends number | bigint>(left: Value, right: Value): Value {
  // TypeScript has no operator on "both number or both bigint"; the values come from one layout, so they are alike.
  return ((left as number) + (right as number)) as Value;
}

function assertValues(values: readonly unknown[]): void {
  if (!Array.isArray(values)) throw unexpected(values, "an array of values, one per CPU");
  if (values.length > 0) return;
  throw new InvalidArgumentError("there are no per-CPU values to combine", {
    hint: "pass what get of a per-CPU map returned",
  });
}
