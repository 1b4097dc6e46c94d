/**
 * Events of rings, shown as they come.
 * @module
 */
import type { BpfMap, Collection } from "ts-ebpf";
import { cellOf } from "../table/cell.ts";

/** A map with events that can be consumed. */
type Stream = BpfMap & {
  consume(onRecord: (record: { readonly event: unknown }) => void): Disposable;
};

/** Shows a line while somebody may be typing. */
export type ShowLine = (line: string) => void;

/** Shows the events of all rings of a collection until disposed of. Nobody else can read them meanwhile. */
export function showEvents({ maps }: Collection, show: ShowLine): Disposable {
  using stack = new DisposableStack();
  for (const [name, map] of maps) {
    if (!isStream(map)) continue;
    stack.use(map.consume(({ event }) => show(`${name} ${cellOf(event)}`)));
  }
  return stack.move();
}

function isStream(map: BpfMap): map is Stream {
  const { type } = map.spec;
  return type === "ringbuf" || type === "perf_event_array";
}
