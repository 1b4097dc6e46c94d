import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { bool, bytes, chars, type Layout, struct, u16, u32, u64 } from "ts-ebpf";
import { columnsOf, fitTo, rowOf, titlesOf } from "./column.ts";

const Place = struct("place", { cpu: u16, depth: u32 });
const Event = struct("event", { pid: u32, comm: chars(8), at: Place, ok: bool });

describe("columnsOf", () => {
  const check = (layout: Layout<unknown>, titles: readonly string[]): void =>
    assert.deepEqual(
      columnsOf(layout, "value").map(({ title, align }) => `${title} ${align}`),
      titles,
    );

  it("has a column for each field, also of structs in it", () =>
    check(Event, ["pid right", "comm left", "at.cpu right", "at.depth right", "ok left"]));
  it("has one for anything else", () => {
    check(u64, ["value right"]);
    check(bytes(4), ["value left"]);
  });
  it("takes layouts that refuse zeros", () => {
    const own: Layout<number> = {
      name: "own",
      size: 4,
      alignment: 4,
      read: () => {
        throw new RangeError("never zero");
      },
      write: () => undefined,
    };
    check(own, ["value left"]);
  });
});

describe("rowOf", () => {
  const event = { pid: 7, comm: "node", at: { cpu: 1, depth: 20 }, ok: true };

  it("puts numbers right and text left, below their titles", () => {
    const columns = columnsOf(Event, "value");
    assert.equal(titlesOf(columns), "    PID  COMM     AT.CPU  AT.DEPTH  OK");
    assert.equal(rowOf(columns, event), "      7  node          1        20  true");
  });
  it("makes room for what is wider, from then on", () => {
    const columns = columnsOf(u32, "value");
    assert.equal(rowOf(columns, 4_000_000_000), "4000000000");
    assert.equal(rowOf(columns, 1), "         1");
  });
  it("fits what is known", () => {
    const columns = columnsOf(Event, "value");
    fitTo(columns, [event]);
    assert.equal(rowOf(columns, event), "  7  node       1        20  true");
  });
});
