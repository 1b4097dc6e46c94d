import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseBtf } from "./btf.ts";
import { BtfBuilder } from "./testing-builder.ts";
import { sampleBtf } from "./testing-sample.ts";
import { tracepointArguments } from "./tracepoint.ts";

const { builder, ids } = sampleBtf();
const btf = parseBtf(builder.build(), { path: "sample" });

describe("signature", () => {
  it("tells what a function takes and returns", () => {
    assert.deepEqual(btf.signature("wake"), {
      id: btf.typeByName("wake").id,
      parameters: [
        { name: "task", type: ids.taskPtr },
        { name: "flags", type: btf.typeByName("u64").id },
      ],
      variadic: true,
      returnType: btf.typeByName("int").id,
    });
  });

  it("follows pointers and typedefs to the prototype", () => {
    const { id } = btf.typeByName("btf_trace_task_wake");
    assert.equal(btf.signature(id).parameters.length, 3);
    assert.equal(btf.signature(btf.resolve(id).id).parameters.length, 3);
    const own = new BtfBuilder();
    const hook = own.variable(
      "hook",
      own.ptr(
        own.proto(0, [
          ["", 0],
          ["", 1],
        ]),
      ),
    );
    const read = parseBtf(own.build());
    assert.equal(read.signature(read.typeById(hook).id).parameters.length, 2);
  });

  it("refuses what is no function", () => {
    const check = (run: () => unknown, message: RegExp): void =>
      assert.throws(run, { name: "InvalidArgumentError", message });
    check(() => btf.signature("waek"), /^there is no func "waek" in sample$/);
    check(() => btf.signature("task"), /^there is no func "task" in sample$/);
    check(() => btf.signature(btf.typeByName("u64").id), /^u64 in sample is not a function$/);
    check(() => btf.signature(btf.typeById(0).id), /^void in sample is not a function$/);
  });

  it("ends at pointers to themselves", () => {
    const own = new BtfBuilder();
    own.ptr(1);
    const read = parseBtf(own.build());
    assert.throws(() => read.signature(read.typeById(1).id), /is not a function$/);
  });
});

describe("tracepointArguments", () => {
  it("has the type to attach to and the arguments with names", () => {
    assert.deepEqual(tracepointArguments(btf, "task_wake"), {
      name: "task_wake",
      id: btf.typeByName("btf_trace_task_wake").id,
      parameters: [
        { name: "p", type: ids.taskPtr },
        { name: "cpu", type: btf.typeByName("int").id },
      ],
    });
  });

  it("has arguments without names where only the typedef is known, or is another one", () => {
    const check = (parameters: number, expected: string[]): void => {
      const own = new BtfBuilder();
      const int = own.int("int", 4);
      const bare = own.proto(0, [
        ["", own.ptr(0)],
        ["", int],
        ["", int],
      ]);
      own.reference("typedef", own.ptr(bare), "btf_trace_it");
      const named = own.proto(
        0,
        Array.from({ length: parameters }, (_, n) => [`n${n}`, int]),
      );
      if (parameters > 0) own.func("__traceiter_it", named);
      const tracepoint = tracepointArguments(parseBtf(own.build()), "it");
      assert.deepEqual(
        tracepoint.parameters.map(({ name }) => name),
        expected,
      );
    };
    check(0, ["", ""]);
    check(2, ["", ""]);
    check(3, ["n1", "n2"]);
  });

  it("suggests a tracepoint when there is none", () => {
    assert.throws(() => tracepointArguments(btf, "task_wakes"), {
      name: "InvalidArgumentError",
      message: 'there is no tracepoint "task_wakes" in sample',
      hint: 'did you mean "task_wake"?',
    });
    assert.throws(() => tracepointArguments(btf, "quite_another"), { hint: undefined });
  });
});
