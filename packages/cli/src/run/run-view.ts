/**
 * What shows what programs see: as tables for people, or as JSON for programs.
 * @module
 */
import type { ShownMaps } from "./map-elements.ts";

/** Makes lines of what there is to show. */
export interface RunView {
  /** The line of an event, with what stands above it. */
  event(ring: string, event: unknown): string;
  /** Lines for maps and variables as they are now, and for what iterators write. */
  state(state: RunState): Iterable<string>;
  /** The last line of the output, where the summary belongs there. */
  summary?(summary: RunSummary): string;
}

/** What there is to show besides events. */
export interface RunState extends ShownMaps {
  readonly iterators: readonly ShownIterator[];
}

/** An iterator. */
export interface ShownIterator {
  readonly name: string;
  /** What the program writes when it is asked. */
  readonly text: () => string;
}

/** What a run came to. */
export interface RunSummary {
  readonly seconds: number;
  /** Events that were shown, by ring. */
  readonly events: ReadonlyMap<string, number>;
  /** Events for which rings had no room; only of rings that count them. */
  readonly lost: ReadonlyMap<string, number>;
  /** How often the kernel did not run a program because it was running already; only where it happened. */
  readonly missed: ReadonlyMap<string, number>;
}
