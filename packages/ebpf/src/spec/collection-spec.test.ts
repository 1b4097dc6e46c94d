import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgumentError } from "../base/errors.ts";
import { u32 } from "../layout/integer.ts";
import { CollectionParts, type CollectionSpec } from "./collection-spec.ts";
import { hashMap } from "./hash-map.ts";
import { xdp } from "./xdp.ts";

const counts = hashMap("counts", u32, u32, 1);
const onPacket = xdp(() => 2);

describe("CollectionParts", () => {
  const refuses = (spec: unknown, message: RegExp): void =>
    assert.throws(
      () => new CollectionParts(spec as CollectionSpec),
      (error) => error instanceof InvalidArgumentError && message.test(error.format()),
    );

  it("takes maps and programs by name", () => {
    const parts = new CollectionParts({ counts, onPacket });
    assert.deepEqual([...parts.maps.keys(), ...parts.programs.keys()], ["counts", "onPacket"]);
    assert.deepEqual(new CollectionParts({}).maps.size, 0);
  });
  it("refuses what is no object of specs, and shows one", () => {
    const shown = /hint: give maps and programs by name: load\(\{ counts, onPacket \}\)/;
    refuses(undefined, /cannot be made of nothing/);
    refuses(null, /cannot be made of null/);
    refuses([onPacket], /cannot be made of an array/);
    refuses(onPacket, /was given one alone/);
    refuses(counts, shown);
    refuses("onPacket", shown);
  });
  it("names what is no map and no program, and says what to do", () => {
    refuses({ x: 1 }, /"x" of the collection is a number, not a map or program/);
    refuses({ x: undefined }, /"x" of the collection is nothing.*\n {2}hint: is it declared/);
    refuses({ x: () => 2 }, /"x" of the collection is a function.*\n {2}hint: say where it runs/);
    refuses({ x: Promise.resolve(counts) }, /"x" .* is a promise.*\n {2}hint: await it/);
    refuses({ x: u32 }, /"x" of the collection is a function/);
    refuses({ x: { kind: "mapp" } }, /"x" of the collection is an object.*\n {2}hint: give what/);
  });
  it("tells what is loaded already from what shall be", () =>
    refuses({ counts: { spec: counts, closed: false } }, /is loaded already\n.*replaceMaps/));
});
