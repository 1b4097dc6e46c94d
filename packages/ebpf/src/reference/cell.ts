/**
 * What a reference refers to: one place that holds a value or nothing.
 *
 * There are two kinds, the element of a map under a key, and a variable. They differ in what they can do in one step,
 * which each says of itself.
 * @module
 */
import type { Layout } from "../layout/layout.ts";

/**
 * How far a change that depends on the old value is one step.
 *
 * `machine`: one instruction on mapped memory. Programs on other CPUs and other processes cannot come between.
 * `thread`: a lookup and an update, two system calls. Nothing else of this thread comes between; programs, other threads
 * and other processes can, and what they write between the two is overwritten.
 */
export type Atomicity = "machine" | "thread";

/** A place for a value. */
export interface Cell<Value> {
  /** In messages: `key 7 of map "counts"`. */
  readonly what: string;
  /** Whether what it is part of is closed. */
  readonly closed: boolean;
  readonly layout: Layout<Value>;
  readonly atomicity: Atomicity;
  /** The value, or `undefined` when there is none. */
  get(): Value | undefined;
  set(value: Value): void;
  /** Stores a value where there is none, in one step; false when there is one. */
  create(value: Value): boolean;
  /** Stores `next` where the value is `expected`; false where it is another one, or none. */
  replace(expected: Value, next: Value): boolean;
  /** Takes the value away; false when there was none. */
  delete(): boolean;
}
