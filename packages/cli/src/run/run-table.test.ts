import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Layout, struct, u32, u64 } from "ts-ebpf";
import { asProcessStream, CapturedStream } from "../testing/captured.ts";
import type { Element, ShownMap } from "./map-elements.ts";
import { runJson } from "./run-json.ts";
import { runTable } from "./run-table.ts";
import type { RunState, RunView } from "./run-view.ts";

const Call = struct("call", { pid: u32, ns: u64 });

function tableOf(rings: Readonly<Record<string, Layout<unknown>>>, columns?: number): RunView {
  const stream = asProcessStream(new CapturedStream(columns === undefined ? {} : { columns }));
  return runTable(stream, { rings: new Map(Object.entries(rings)), rows: 2 });
}

const mapOf = (elements: readonly Element[], more: Partial<ShownMap> = {}): ShownMap => ({
  name: "counts",
  key: u32,
  value: u64,
  elements: () => elements,
  perCpu: false,
  ...more,
});

const state = (differences: Partial<RunState>): RunState => ({
  maps: [],
  variables: [],
  iterators: [],
  ...differences,
});

describe("the table of events", () => {
  it("has titles above the first row", () => {
    const view = tableOf({ calls: Call });
    assert.equal(
      view.event("calls", { pid: 7, ns: 5n }),
      "    PID          NS\n      7           5",
    );
    assert.equal(view.event("calls", { pid: 8, ns: 5n }), "      8           5");
  });
  it("names rings where there are several, and changes titles with them", () => {
    const view = tableOf({ calls: Call, exits: u32 });
    assert.match(view.event("calls", { pid: 7, ns: 5n }), /^RING +PID +NS\ncalls +7 +5$/);
    assert.match(view.event("exits", 9), /^RING +VALUE\nexits +9$/);
    assert.match(view.event("exits", 9), /^exits +9$/);
  });
  it("cuts rows to the terminal", () =>
    assert.ok(
      tableOf({ calls: Call }, 10)
        .event("calls", { pid: 7, ns: 5n })
        .split("\n")
        .every((line) => line.replaceAll(/\x1b\[\d+m/g, "").length <= 10),
    ));
});

describe("the table of a map", () => {
  const check = (map: ShownMap, lines: readonly string[]): void =>
    assert.deepEqual([...tableOf({}).state(state({ maps: [map] }))], lines);

  it("shows the largest first, and how many more there are", () => {
    const elements = [1n, 300n, 20n].map((value, key) => ({ key, value }));
    check(mapOf(elements), [
      "counts  3 elements",
      "  KEY  VALUE",
      "    1    300",
      "    2     20",
      "  … 1 more; --rows shows them",
    ]);
  });
  it("shows CPUs in their order", () => {
    const elements = [1n, 2n].map((value, cpu) => ({ key: 0, cpu, value }));
    check(mapOf(elements, { perCpu: true }), [
      "counts  2 elements",
      "  KEY  CPU  VALUE",
      "    0    0      1",
      "    0    1      2",
    ]);
  });
  it("says that a map is empty", () => check(mapOf([]), ["counts  empty"]));
  it("stands apart from events", () => {
    const view = tableOf({ calls: Call });
    view.event("calls", { pid: 1, ns: 1n });
    assert.equal([...view.state(state({ maps: [mapOf([])] }))][0], "");
  });
});

it("variables and iterators are shown", () => {
  const shown = state({
    variables: [{ name: "target", value: () => 5 }],
    iterators: [{ name: "onTask", text: () => "one\ntwo\n" }],
  });
  assert.deepEqual([...tableOf({}).state(shown)], ["target = 5", "onTask", "one\ntwo"]);
});

describe("JSON", () => {
  it("is one object for each thing, told apart by type", () => {
    const view = runJson();
    assert.equal(
      view.event("calls", { pid: 7, ns: 2n ** 60n }),
      '{"type":"event","event":"calls","data":{"pid":7,"ns":"1152921504606846976"}}',
    );
    const shown = state({
      maps: [mapOf([{ key: 1, value: 2n }])],
      variables: [{ name: "target", value: () => 5 }],
      iterators: [{ name: "onTask", text: () => "one\n" }],
    });
    assert.deepEqual(
      [...view.state(shown)],
      [
        '{"type":"variable","variable":"target","value":5}',
        '{"type":"map","map":"counts","elements":[{"key":1,"value":2}]}',
        '{"type":"iterator","iterator":"onTask","text":"one\\n"}',
      ],
    );
  });
  it("ends with a summary", () => {
    const summary = {
      seconds: 1.23456,
      events: new Map([["calls", 3]]),
      lost: new Map([["calls", 1]]),
      missed: new Map(),
    };
    assert.equal(
      runJson().summary!(summary),
      '{"type":"summary","seconds":1.235,"events":{"calls":3},"lost":{"calls":1},"missed":{}}',
    );
  });
});
