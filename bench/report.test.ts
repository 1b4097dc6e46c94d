import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Limit } from "./benchmark.ts";
import type { Measurement } from "./measure.ts";
import { holds, jsonLine, tableHeading, tableRow } from "./report.ts";

function measurement(limit?: Limit, values: Partial<Measurement> = {}): Measurement {
  const figure = { name: "map-lookup", field: "ns", unit: "ns", about: "get" } as const;
  const numbers = { ours: 720.123456, peer: 600, ratio: 1.2002057, runs: 21 };
  return { figure: limit === undefined ? figure : { ...figure, limit }, ...numbers, ...values };
}

describe("jsonLine", () => {
  it("is one line of name, ours, peer, ratio, unit and runs", () => {
    const line = jsonLine(measurement({ of: "ratio", max: 1.3 }));
    assert.equal(
      line,
      '{"name":"map-lookup","ours":720.1,"peer":600,"ratio":1.2,"unit":"ns","runs":21}',
    );
  });

  it("keeps four digits of small and of large numbers", () => {
    const line = jsonLine(measurement(undefined, { ours: 0.71239, peer: 123_456 }));
    assert.match(line, /"ours":0.7124,"peer":123500,/);
  });
});

describe("tableRow, of counts", () => {
  it("shows instructions as whole numbers", () => {
    const figure = {
      name: "codegen",
      field: "total",
      unit: "instructions",
      about: "all",
    } as const;
    assert.match(tableRow(measurement(undefined, { figure, ours: 46, peer: 47 })), / 46 +47 /);
  });
});

describe("holds", () => {
  it("is true up to the limit itself", () => {
    assert.equal(holds(measurement({ of: "ratio", max: 1.2 }, { ratio: 1.2 })), true);
    assert.equal(holds(measurement({ of: "ratio", max: 1.2 }, { ratio: 1.21 })), false);
  });

  it("compares our own number where the limit is one of it", () => {
    assert.equal(holds(measurement({ of: "ours", max: 3 }, { ours: 2.9, ratio: 6 })), true);
    assert.equal(holds(measurement({ of: "ours", max: 3 }, { ours: 3.1, ratio: 1 })), false);
  });

  it("is true without a limit", () => assert.equal(holds(measurement(undefined)), true));
});

describe("tableRow", () => {
  it("shows whether the limit holds", () => {
    assert.match(tableRow(measurement({ of: "ratio", max: 1.3 })), /^✓.*ratio ≤ 1\.3/);
    assert.match(tableRow(measurement({ of: "ratio", max: 1.1 })), /^✗/);
    assert.match(tableRow(measurement({ of: "ours", max: 3 })), /^✗.*ours ≤ 3 ns/);
    assert.match(tableRow(measurement()), /^ {2}/);
  });

  it("stands below the heading", () => {
    const row = tableRow(measurement({ of: "ratio", max: 1.3 }));
    assert.equal(row.indexOf("map-lookup"), tableHeading.indexOf("benchmark"));
    assert.equal(row.indexOf("get"), tableHeading.indexOf("what"));
  });
});
