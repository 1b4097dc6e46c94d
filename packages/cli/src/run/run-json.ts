/**
 * What programs see as JSON: one object on each line, told apart by `type`.
 * @module
 */
import { jsonOf } from "../table/cell.ts";
import type { Element } from "./map-elements.ts";
import type { RunState, RunSummary, RunView } from "./run-view.ts";

/** The view for programs. */
export function runJson(): RunView {
  return {
    event: (ring, event) => JSON.stringify({ type: "event", event: ring, data: jsonOf(event) }),
    state: stateLines,
    summary: (summary) => JSON.stringify(summaryOf(summary)),
  };
}

function* stateLines({ maps, variables, iterators }: RunState): Generator<string, void> {
  for (const { name, value } of variables) {
    yield JSON.stringify({ type: "variable", variable: name, value: jsonOf(value()) });
  }
  for (const { name, elements } of maps) {
    yield JSON.stringify({ type: "map", map: name, elements: elements().map(elementOf) });
  }
  for (const { name, text } of iterators) {
    yield JSON.stringify({ type: "iterator", iterator: name, text: text() });
  }
}

function elementOf({ key, cpu, value }: Element): object {
  return { key: jsonOf(key), cpu, value: jsonOf(value) };
}

function summaryOf({ seconds, events, lost, missed }: RunSummary): object {
  return {
    type: "summary",
    seconds: Number(seconds.toFixed(3)),
    events: Object.fromEntries(events),
    lost: Object.fromEntries(lost),
    missed: Object.fromEntries(missed),
  };
}
