import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgumentError } from "../base/errors.ts";
import { helperNames } from "./helper-id.ts";
import {
  allHelpers,
  findHelper,
  helperByCamelName,
  helperById,
  type HelperSignature,
} from "./helper-signature.ts";

describe("helper signatures", () => {
  it("are there for every helper of the kernel, under its number", () => {
    assert.deepEqual(
      allHelpers().map(({ name }) => name),
      helperNames(),
    );
    assert.ok(allHelpers().every(({ id }, index) => id === index + 1));
  });

  it("are found by all names and by number", () => {
    const found = helperById(115);
    assert.equal(found?.name, "probe_read_kernel_str");
    for (const name of [
      "probe_read_kernel_str",
      "bpf_probe_read_kernel_str",
      "probeReadKernelStr",
    ]) {
      assert.equal(findHelper(name), found);
    }
    assert.equal(helperByCamelName("probeReadKernelStr"), found);
    assert.equal(helperById(0), undefined);
    assert.equal(findHelper("toString"), undefined);
  });

  it("are told by near names when unknown", () =>
    assert.throws(
      () => helperByCamelName("ktimeGetNanos"),
      (error) =>
        error instanceof InvalidArgumentError && error.hint === 'did you mean "ktimeGetNs"?',
    ));

  it("tie sizes to memory of the same helper", () => {
    for (const { name, parameters } of allHelpers()) {
      const kindOf = (of: string) => parameters.find((it) => it.name === of)?.kind;
      for (const parameter of parameters) {
        if (parameter.kind === "size" && parameter.of !== undefined)
          assert.match(kindOf(parameter.of) ?? "", /^memory-/, `${name}: ${parameter.name}`);
        if ("size" in parameter && typeof parameter.size === "string")
          assert.equal(kindOf(parameter.size), "size", `${name}: ${parameter.name}`);
      }
    }
  });

  it("have at most five parameters, and yield one of theirs", () => {
    for (const { name, parameters, yields } of allHelpers()) {
      assert.ok(parameters.length <= 5, name);
      if (yields === undefined) continue;
      const yielded = parameters.find((it) => it.name === yields.parameter);
      assert.equal(yielded?.kind, "memory-out", name);
    }
  });
});

describe("the signature of a helper", () => {
  const check = (name: string, expected: Partial<HelperSignature>): void => {
    const found = findHelper(name);
    assert.deepEqual({ ...found, ...expected }, found, name);
  };

  it("has its parameters as the verifier sees them", () => {
    check("map_lookup_elem", {
      parameters: [
        { name: "map", kind: "map" },
        { name: "key", kind: "map-key" },
      ],
      result: { kind: "map-value", nullable: true },
      gplOnly: false,
      since: [3, 19],
    });
    check("probe_read_user_str", {
      parameters: [
        { name: "dst", kind: "memory-out", size: "size", nullable: false },
        { name: "size", kind: "size", bits: 32, signed: false, of: "dst", zeroAllowed: true },
        { name: "unsafe_ptr", kind: "pointer", const: true },
      ],
      result: { kind: "scalar", bits: 64, signed: true, status: true },
      yields: { parameter: "dst", as: "text" },
      gplOnly: true,
      since: [5, 5],
    });
  });

  it("names the kernel's structs", () => {
    check("task_storage_get", {
      parameters: [
        { name: "map", kind: "map" },
        { name: "task", kind: "struct", type: "task_struct", nullable: true, release: false },
        { name: "value", kind: "map-value", out: false, nullable: true },
        { name: "flags", kind: "flags", bits: 64, signed: false },
      ],
    });
    check("sock_from_file", { result: { kind: "struct", type: "socket", nullable: true } });
    check("get_current_task_btf", {
      result: { kind: "struct", type: "task_struct", nullable: false },
    });
  });

  it("tells memory that must be written before it is filled", () =>
    check("d_path", {
      parameters: [
        { name: "path", kind: "struct", type: "path", nullable: false, release: false },
        {
          name: "buf",
          kind: "memory-out",
          size: "sz",
          text: true,
          nullable: false,
          initialized: true,
        },
        { name: "sz", kind: "size", bits: 32, signed: false, of: "buf", zeroAllowed: true },
      ],
    }));

  it("tells what only some programs may call", () => {
    check("copy_from_user", { mightSleep: true, gplOnly: false });
    check("trace_printk", { variadic: true, gplOnly: true });
  });
});
