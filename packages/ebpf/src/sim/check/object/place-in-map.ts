/**
 * Fields of map values that functions are told of by their place: timers, work queues, work for a task.
 *
 * What a field is begun with is the map it lies in, and no other of the same shape: `check_map_field_pointer` of
 * kernel/bpf/verifier.c.
 * @module
 */
import { fieldsOfMap } from "../memory/special-fields.ts";
import type { CheckedMap } from "../program.ts";
import { Refusal } from "../refusal.ts";
import { isFixed, type Pointer } from "../state/value.ts";

/** A map that an argument names, or whose value it leads into. */
export interface GivenMap {
  readonly map: CheckedMap;
  /** Which of the maps of one shape it is, of those that lie in maps; else 0. */
  readonly mapId: number;
  readonly register: number;
}

/** The map whose value an address leads into, to a field of a kind; refused is any other place. */
export function mapOfField(value: Pointer, register: number, kind: string): GivenMap {
  const { mapId, offset } = value;
  const map = value.map!;
  if (!isFixed(value)) {
    throw new Refusal(
      `R${register} doesn't have constant offset. ${kind} has to be at the constant offset`,
      "EINVAL",
    );
  }
  const field = fieldsOfMap(map).find((it) => it.kind === kind);
  if (field === undefined) throw new Refusal(`map '${map.name}' has no valid ${kind}`, "EINVAL");
  if (field.offset !== offset) {
    throw new Refusal(
      `off ${offset} doesn't point to 'struct ${kind}' that is at ${field.offset}`,
      "EINVAL",
    );
  }
  return { map, mapId, register };
}

/** Refuses another map than the one that a field lies in which was given before. */
export function assertSameMap(
  { map, mapId, register }: GivenMap,
  given: GivenMap,
  what: string,
): void {
  if (map === given.map && mapId === given.mapId) return;
  throw new Refusal(
    `${what} pointer in R${register} map_uid=${mapId} doesn't match map pointer in ` +
      `R${given.register} map_uid=${given.mapId}`,
    "EINVAL",
  );
}
