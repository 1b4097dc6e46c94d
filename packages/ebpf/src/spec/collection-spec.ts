/**
 * Collection specifications: maps and programs that belong together.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import type { MapSpec } from "./map-spec.ts";
import type { ProgramSpec } from "./program-spec.ts";

/** Specs by the names under which their objects will be found. */
export type CollectionSpec = Readonly<Record<string, MapSpec | ProgramSpec>>;

/** A collection spec taken apart and completed. */
export interface CollectionParts {
  /** By key of the collection. */
  readonly maps: ReadonlyMap<string, MapSpec>;
  /** By key of the collection; programs without a name have got their key as name. */
  readonly programs: ReadonlyMap<string, ProgramSpec>;
}

/**
 * Maps and programs of `spec`. Loss counters of ring buffers are added under their own names when left out.
 * @throws {InvalidArgumentError} when two different maps have one name.
 */
export function collectionParts(spec: CollectionSpec): CollectionParts {
  const maps = new Map<string, MapSpec>();
  const programs = new Map<string, ProgramSpec>();
  for (const [key, item] of Object.entries(spec)) {
    if (item.kind === "map") maps.set(key, item);
    else programs.set(key, item.name === "" ? { ...item, name: key } : item);
  }
  addLossCounters(maps);
  assertDistinctNames(maps.values());
  return { maps, programs };
}

function addLossCounters(maps: Map<string, MapSpec>): void {
  const present = new Set(maps.values());
  for (const spec of present) {
    if (spec.type !== "ringbuf" || spec.lossCounter === undefined) continue;
    if (!present.has(spec.lossCounter)) maps.set(spec.lossCounter.name, spec.lossCounter);
  }
}

function assertDistinctNames(specs: Iterable<MapSpec>): void {
  const seen = new Set<string>();
  for (const { name } of specs) {
    if (seen.has(name)) {
      throw new InvalidArgumentError(`the collection has two maps named "${name}"`, {
        hint: "programs find maps by name: give each its own",
      });
    }
    seen.add(name);
  }
}
