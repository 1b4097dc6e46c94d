/**
 * Variables that programs and user space share: `config` is set before loading, `global` is open to both at any time.
 *
 * Each is an array of one element in memory that both sides map, so that reading and writing costs no system call. What
 * is `config` is frozen once it is loaded: the verifier takes its value for a constant and leaves out dead branches.
 * @module
 */
import { viewOf } from "../base/bytes.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import { assertLayout } from "../layout/assert-layout.ts";
import type { Layout } from "../layout/layout.ts";
import { loadValue, storeValue } from "../layout/memory-object.ts";
import { encodeOnce } from "../layout/value.ts";
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
  return declaredVariable("config", { name, layout, initial });
}

/** A variable that programs and user space read and write. Minimum kernel 5.5. */
export function global<Value>(
  name: string,
  layout: Layout<Value>,
  initial: Value,
): GlobalSpec<Value> {
  return declaredVariable("global", { name, layout, initial });
}

function declaredVariable<Value>(
  variable: "config" | "global",
  declared: DeclaredVariable<Value>,
): GlobalSpec<Value> {
  const { name, layout, initial } = declared;
  assertMapName(name);
  assertLayout(layout, `variable "${name}"`);
  assertValue(layout, initial, `the initial value of variable "${name}"`);
  return globalSpec(variable, declared);
}

/** @throws {InvalidArgumentError} when it is none of its layout: told here, where it was declared. */
function assertValue<Value>(layout: Layout<Value>, value: Value, what: string): void {
  try {
    encodeOnce(layout, value);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const { message: cause } = error;
    throw new InvalidArgumentError(`${what} cannot be written: ${cause}`, { cause: error });
  }
}

/** What is said of a variable when it is made. */
export type DeclaredVariable<Value> = Pick<
  GlobalSpec<Value>,
  "name" | "layout" | "initial" | "within" | "setting" | "fileTypes"
>;

/**
 * A variable with all that an object file says of it.
 * @throws {InvalidArgumentError} when its name is none.
 */
export function globalSpec<Value>(
  variable: "config" | "global",
  declared: DeclaredVariable<Value>,
): GlobalSpec<Value> {
  return Object.freeze(Object.assign(unvalued<Value>(variable, declared.name), declared));
}

/**
 * The same for a variable that starts with `bytes`, and zeros behind them. They become a value when somebody asks for it: of
 * large variables that is a lot.
 * @throws {InvalidArgumentError} when its name is none.
 */
export function globalSpecOfBytes<Value>(
  variable: "config" | "global",
  declared: Omit<DeclaredVariable<Value>, "initial">,
  bytes: Uint8Array,
): GlobalSpec<Value> {
  const { layout } = declared;
  const spec = Object.assign(unvalued<Value>(variable, declared.name), declared);
  Object.defineProperty(spec, "initial", {
    get: () => layout.read(viewOf(filledUp(bytes, layout.size)), 0),
    enumerable: true,
  });
  starts.set(spec, bytes);
  return Object.freeze(spec);
}

/** What variables start with that were made of bytes. */
const starts = new WeakMap<object, Uint8Array>();

function filledUp(bytes: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  const filled = new Uint8Array(size);
  filled.set(bytes);
  return filled;
}

function unvalued<Value>(variable: "config" | "global", name: string): GlobalSpec<Value> {
  assertMapName(name);
  return Object.assign(Object.create(prototype) as GlobalSpec<Value>, {
    kind: "map" as const,
    type: "array" as const,
    maxEntries: 1,
    flags: variable === "config" ? (["mmapable", "rdonly_prog"] as const) : (["mmapable"] as const),
    variable,
  });
}

/** Variables that were assigned to: by people, who give addresses and ports as numbers of this machine. */
const assigned = new WeakSet<object>();

/** Where variables lie for functions that are called as plain JavaScript. It is no part of the frozen data. */
const memories = new WeakMap<object, DataView>();

const prototype = Object.create(Object.prototype, {
  value: {
    get(this: GlobalSpec<unknown>): unknown {
      return loadValue(this.layout, memoryOf(this), 0);
    },
    set(this: GlobalSpec<unknown>, value: unknown) {
      storeValue(this.layout, memoryOf(this), 0, value);
      assigned.add(this);
    },
  },
}) as object;

/** Memory that holds the initial value until something else is stored. */
function memoryOf(spec: GlobalSpec<unknown>): DataView {
  const known = memories.get(spec);
  if (known !== undefined) return known;
  const start = starts.get(spec);
  const { layout } = spec;
  const memory = viewOf(start ? filledUp(start, layout.size) : encodeOnce(layout, spec.initial));
  memories.set(spec, memory);
  return memory;
}

/**
 * The bytes that `spec` starts with in the kernel: what was assigned to it, else its initial value.
 * @throws {ValueError} when what was assigned is no value of its layout.
 */
export function bytesAtStart(spec: GlobalSpec<unknown>): Uint8Array<ArrayBuffer> {
  if (assigned.has(spec)) return encodeOnce(spec.layout, spec.value);
  const { buffer } = memoryOf(spec);
  return new Uint8Array(buffer as ArrayBuffer).slice();
}
