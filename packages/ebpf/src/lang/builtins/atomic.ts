/**
 * Operations on memory that other CPUs see as one step.
 *
 * JavaScript has one thread, so here they are what they say without the one step. Each returns what was there before,
 * and is a single instruction (kernel 5.12); adding without looking at the result works everywhere.
 * @module
 */

/** The same object, for changing a field in one step: `atomic(rule).hits += 1n`. Also `-=`, `|=`, `&=` and `^=`. */
export function atomic<Place extends object>(place: Place): Place {
  return place;
}

/** Names of the fields that can be changed in one step: integers of 32 and 64 bits. */
export type AtomicField<Place> = {
  [Name in keyof Place]: Place[Name] extends number | bigint ? Name : never;
}[keyof Place] &
  string;

/** Adds to a field. */
export function fetchAdd<Place extends object, Name extends AtomicField<Place>>(
  place: Place,
  field: Name,
  amount: Place[Name],
): Place[Name] {
  return change(place, field, (value) => sum(value as number, amount as number) as Place[Name]);
}

/** Sets bits of a field. */
export function fetchOr<Place extends object, Name extends AtomicField<Place>>(
  place: Place,
  field: Name,
  bits: Place[Name],
): Place[Name] {
  return change(place, field, (value) => ((value as number) | (bits as number)) as Place[Name]);
}

/** Keeps only these bits of a field. */
export function fetchAnd<Place extends object, Name extends AtomicField<Place>>(
  place: Place,
  field: Name,
  bits: Place[Name],
): Place[Name] {
  return change(place, field, (value) => ((value as number) & (bits as number)) as Place[Name]);
}

/** Changes the other state of these bits of a field. */
export function fetchXor<Place extends object, Name extends AtomicField<Place>>(
  place: Place,
  field: Name,
  bits: Place[Name],
): Place[Name] {
  return change(place, field, (value) => ((value as number) ^ (bits as number)) as Place[Name]);
}

/** Stores a value into a field. */
export function exchange<Place extends object, Name extends AtomicField<Place>>(
  place: Place,
  field: Name,
  value: Place[Name],
): Place[Name] {
  return change(place, field, () => value);
}

/** Stores a value into a field that holds `expected`; it did when that is returned. */
export function compareExchange<Place extends object, Name extends AtomicField<Place>>(
  place: Place,
  field: Name,
  expected: Place[Name],
  value: Place[Name],
): Place[Name] {
  return change(place, field, (found) => (found === expected ? value : found));
}

function change<Place extends object, Name extends keyof Place>(
  place: Place,
  field: Name,
  changed: (value: Place[Name]) => Place[Name],
): Place[Name] {
  const before = place[field];
  place[field] = changed(before);
  return before;
}

function sum(left: number, right: number): number {
  return left + right;
}
