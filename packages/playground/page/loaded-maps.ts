/**
 * What is in the maps and rings of a loaded collection, as views for the page.
 * @module
 */
import { type BpfMap, PerfBuffer, RingBuffer } from "ts-ebpf";
import { describeValue } from "./describe.ts";
import type { EventView, MapView } from "./protocol.ts";

/** Most rows of a map that are shown. */
const mostRows = 64;

/** A live map that can be read whole; variables have a value. */
type Readable = BpfMap & { entries?(): Iterable<readonly [unknown, unknown]>; value?: unknown };

/** Maps with contents to show; rings and what only the kernel uses have none. */
export function shownMaps(maps: ReadonlyMap<string, BpfMap>): ReadonlyMap<string, BpfMap> {
  const counters = [...maps.values()].map(({ spec }) =>
    "lossCounter" in spec ? spec.lossCounter : 0,
  );
  return new Map(
    [...maps].filter(([, map]) => isShown(map) && !counters.includes(map.spec as never)),
  );
}

function isShown(map: BpfMap): boolean {
  return "variable" in map.spec || readable.has(map.spec.type);
}

const readable: ReadonlySet<string> = new Set([
  "hash",
  "lru_hash",
  "percpu_hash",
  "lru_percpu_hash",
  "array",
  "percpu_array",
  "lpm_trie",
]);

/** What is in a map now. Elements of arrays that are zero are left out. */
export function viewMap(name: string, map: BpfMap): MapView {
  const { type } = map.spec;
  if ("variable" in map.spec)
    return { name, type: "variable", rows: [row("", (map as Readable).value)] };
  const rows: MapView["rows"][number][] = [];
  for (const [key, value] of (map as Readable).entries!()) {
    if (type.endsWith("array") && isZero(value)) continue;
    rows.push(row(describeValue(key), value));
    if (rows.length === mostRows) break;
  }
  return { name, type, rows };
}

function row(key: string, value: unknown): MapView["rows"][number] {
  return { key, value: describeValue(value) };
}

function isZero(value: unknown): boolean {
  if (value instanceof Uint8Array) return value.every((byte) => byte === 0);
  if (typeof value === "object" && value !== null) return Object.values(value).every(isZero);
  return value === 0 || value === 0n || value === "" || value === undefined || value === false;
}

/** Takes what is in the rings. */
export function* takeEvents(maps: ReadonlyMap<string, BpfMap>): Generator<EventView, void> {
  for (const [ring, map] of maps) {
    if (!(map instanceof RingBuffer || map instanceof PerfBuffer)) continue;
    while (map.advance()) yield { ring, text: describeValue(map.record.event) };
  }
}
