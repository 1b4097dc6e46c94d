/**
 * Whether a map that exists is what a spec says.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import type { MapInfo, ObjectInfo } from "../kernel/info.ts";
import { sizesOf } from "../spec/map-sizes.ts";
import type { MapSpec } from "../spec/map-spec.ts";
import type { MapFlag } from "../spec/words.ts";

/** @throws {InvalidArgumentError} when `what`, of which `info` tells, is not what `spec` says. */
export function assertIsMapOf(spec: MapSpec, info: ObjectInfo, what: string): void {
  const differences = info.kind === "map" ? differencesFrom(spec, info) : ["it is not a map"];
  if (differences.length === 0) return;
  throw new InvalidArgumentError(`${what} is not map "${spec.name}": ${differences.join(", ")}`, {
    hint: "remove the pin, or change the spec to what is pinned there",
  });
}

/** What of a map is not as `spec` says, in words; nothing for a map that was made of the spec. */
export function differencesFrom(spec: MapSpec, info: MapInfo): readonly string[] {
  const { type, maxEntries } = spec;
  // A map of as many elements as the machine has CPUs, or of a kind that is never full.
  const wanted = { type, ...sizesOf(spec), ...(maxEntries === 0 ? {} : { maxEntries }) };
  const values = Object.entries(wanted).flatMap(([property, value]) => {
    const found = info[property as keyof typeof wanted];
    return found === value ? [] : [`${property} is ${found} instead of ${value}`];
  });
  return [...values, ...missingFlags(spec, info)];
}

/** Flags that say how this process may use the map, or how it was opened; they are no part of what it is. */
const notKept: ReadonlySet<MapFlag> = new Set<MapFlag>(["rdonly", "wronly", "token_fd"]);

function missingFlags({ flags }: MapSpec, info: MapInfo): readonly string[] {
  return flags
    .filter((flag) => !notKept.has(flag) && !info.flags.includes(flag))
    .map((flag) => `it lacks the flag ${flag}`);
}
