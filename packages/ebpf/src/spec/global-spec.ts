/**
 * Variables that programs and user space share: `config` is set before loading, `global` is open to both at any time.
 *
 * Each is an array of one element in memory that both sides map, so that reading and writing costs no system call. What
 * is `config` is frozen once it is loaded: the verifier takes its value for a constant and leaves out dead branches.
 * @module
 */
import type { Layout } from "../layout/layout.ts";
import { assertMapName, type GlobalSpec } from "./map-spec.ts";

/**
 * A variable that programs only read: `targetPid.value` in a program is the value set before loading.
 * Minimum kernel 5.5 (5.2 without sharing memory).
 */
export function config<Value>(
  name: string,
  layout: Layout<Value>,
  initial: Value,
): GlobalSpec<Value> {
  return globalSpec("config", { name, layout, initial });
}

/** A variable that programs and user space read and write. Minimum kernel 5.5. */
export function global<Value>(
  name: string,
  layout: Layout<Value>,
  initial: Value,
): GlobalSpec<Value> {
  return globalSpec("global", { name, layout, initial });
}

type Declared<Value> = Pick<GlobalSpec<Value>, "name" | "layout" | "initial">;

function globalSpec<Value>(
  variable: "config" | "global",
  declared: Declared<Value>,
): GlobalSpec<Value> {
  assertMapName(declared.name);
  const spec = Object.assign(Object.create(prototype) as GlobalSpec<Value>, {
    kind: "map" as const,
    type: "array" as const,
    maxEntries: 1,
    flags: variable === "config" ? (["mmapable", "rdonly_prog"] as const) : (["mmapable"] as const),
    variable,
    ...declared,
  });
  values.set(spec, declared.initial);
  return Object.freeze(spec);
}

/** Current values. They are no part of the frozen data. */
const values = new WeakMap<object, unknown>();

const prototype = Object.create(Object.prototype, {
  value: {
    get(this: object): unknown {
      return values.get(this);
    },
    set(this: object, value: unknown) {
      values.set(this, value);
    },
  },
}) as object;
