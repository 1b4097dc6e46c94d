import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isDeepStrictEqual } from "node:util";
import * as fc from "fast-check";
import { internetChecksum } from "../packet/checksum.ts";
import { parsePacket } from "../packet/parse.ts";
import { decode } from "../../isa/decode.ts";
import { encode } from "../../isa/encode.ts";
import { bytes } from "../../layout/bytes.ts";
import { ipv4 } from "../../layout/address/ipv4.ts";
import { bool } from "../../layout/bool.ts";
import { u8 } from "../../layout/integer.ts";
import { enumeration } from "../../layout/enumeration.ts";
import { encodeValue, parseValue } from "../../layout/value.ts";
import type { Layout } from "../../layout/layout.ts";
import { createMap } from "../../map/create.ts";
import { createSimulatedKernel } from "../../sim/simulated-kernel.ts";
import {
  arbitraryDamagedPacket,
  arbitraryElementSpec,
  arbitraryLayout,
  arbitraryMapOperations,
  arbitraryPacket,
  arbitraryProgram,
  arbitraryValue,
  type MapOperation,
} from "./index.ts";

describe("arbitraryValue", () => {
  const other = fc.constantFrom<Layout<unknown>[]>(
    bytes(5),
    bool,
    ipv4,
    enumeration(u8, { red: 1, green: 200 }),
  );
  it("is what memory gives back", () => {
    const layout = fc.oneof(arbitraryLayout(), other);
    const pair = layout.chain((layout) => fc.tuple(fc.constant(layout), arbitraryValue(layout)));
    fc.assert(
      fc.property(pair, ([layout, value]) =>
        assert.deepEqual(parseValue(layout, encodeValue(layout, value)), value),
      ),
    );
  });
});

describe("arbitraryProgram", () => {
  it("can be encoded", () => {
    fc.assert(fc.property(arbitraryProgram(), (program) => void decode(encode(program))));
  });
});

/** A map as a list of pairs: what every map has to be. */
class Model {
  readonly elements: [unknown, unknown][] = [];
  get(key: unknown): unknown {
    return this.elements.find(([other]) => isDeepStrictEqual(other, key))?.[1];
  }
  set(key: unknown, value: unknown): void {
    this.delete(key);
    this.elements.push([key, value]);
  }
  delete(key: unknown): boolean {
    const index = this.elements.findIndex(([other]) => isDeepStrictEqual(other, key));
    if (index !== -1) this.elements.splice(index, 1);
    return index !== -1;
  }
}

describe("arbitraryMapOperations", () => {
  it("find maps of the simulated kernel to be maps", () => {
    const kernel = createSimulatedKernel();
    const spec = arbitraryElementSpec().filter(
      ({ type, maxEntries }) => type === "hash" && maxEntries > 3,
    );
    const work = spec.chain((spec) => fc.tuple(fc.constant(spec), arbitraryMapOperations(spec)));
    const kinds = new Set<string>();
    fc.assert(
      fc.property(work, ([spec, operations]) => {
        using map = createMap(kernel, { ...spec, type: "hash" });
        const model = new Model();
        const perform = (operation: MapOperation<unknown, unknown>): void => {
          kinds.add(operation.kind);
          if (operation.kind === "list") assert.equal(map.count(), model.elements.length);
          else if (operation.kind === "get")
            assert.deepEqual(map.get(operation.key), model.get(operation.key));
          else if (operation.kind === "delete")
            assert.equal(map.delete(operation.key), model.delete(operation.key));
          else if (operation.kind === "set") {
            map.set(operation.key, operation.value);
            model.set(operation.key, operation.value);
          }
        };
        operations.forEach(perform);
      }),
    );
    assert.deepEqual([...kinds].toSorted(), ["delete", "get", "list", "set"]);
  });
});

describe("arbitraryPacket", () => {
  it("has right checksums", () => {
    fc.assert(
      fc.property(arbitraryPacket(), ({ bytes }) => {
        const layers = parsePacket(bytes);
        const at = 14 + 4 * layers.filter(({ kind }) => kind === "vlan").length;
        const network = layers.find(({ kind }) => kind === "ipv4");
        if (network?.kind !== "ipv4") return;
        assert.equal(internetChecksum(bytes.subarray(at, at + network.headerLength)), 0);
        assert.equal(network.length, bytes.length - at);
      }),
    );
  });
  it("is damaged but an Ethernet packet", () => {
    fc.assert(
      fc.property(arbitraryDamagedPacket(), (bytes) => {
        assert.ok(bytes.length >= 14);
        parsePacket(bytes);
      }),
    );
  });
});
