import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgumentError } from "../base/errors.ts";
import { helperIds } from "./generated/helper-ids.ts";
import {
  type CamelHelperName,
  findHelperId,
  helperId,
  helperName,
  helperNames,
  helperSymbol,
} from "./helper-id.ts";

describe("helper ids", () => {
  it("are those of the uapi", () => {
    assert.equal(helperId("map_lookup_elem"), 1);
    assert.equal(helperId("ktime_get_ns"), 5);
    assert.equal(helperId("probe_read_kernel_str"), 115);
    assert.equal(helperId("ringbuf_reserve"), 131);
    assert.equal(helperId("cgrp_storage_delete"), 211);
  });
  it("are found in camel case and with the kernel's prefix", () => {
    const camel: CamelHelperName = "mapLookupElem";
    assert.equal(helperId(camel), 1);
    assert.equal(helperId("bpf_map_lookup_elem"), 1);
    assert.equal(helperId("skLookupTcp"), helperIds.sk_lookup_tcp);
  });
  it("leave no number out and come back from their names", () => {
    assert.deepEqual(
      helperNames().map(helperId),
      helperNames().map((_, index) => index + 1),
    );
    assert.ok(helperNames().length >= 211);
  });
  it("are told by near names when unknown", () => {
    const check = (name: string, hint: string): void =>
      assert.throws(
        () => helperId(name),
        (error) => error instanceof InvalidArgumentError && error.hint === hint,
        name,
      );
    check("map_lookup_elm", 'did you mean "map_lookup_elem"?');
    check("mapLookupElm", 'did you mean "mapLookupElem"?');
    check("xyz", "a helper newer than this table is called by its number");
    check("toString", "a helper newer than this table is called by its number");
  });
  it("are undefined when only asked for", () => {
    assert.equal(findHelperId("unspec"), undefined);
    assert.equal(findHelperId("hasOwnProperty"), undefined);
  });
});

describe("helper names", () => {
  it("are without and with the kernel's prefix", () => {
    assert.equal(helperName(1), "map_lookup_elem");
    assert.equal(helperSymbol(1), "bpf_map_lookup_elem");
  });
  it("are undefined for other numbers", () => {
    for (const id of [0, -1, 1.5, 100_000]) {
      assert.equal(helperName(id), undefined);
      assert.equal(helperSymbol(id), undefined);
    }
  });
});
