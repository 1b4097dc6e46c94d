/**
 * What kernels ask of structs of functions, real and simulated ones. What calls them is in struct-ops.kernel.test.ts.
 * @module
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BpfError, InvalidArgumentError } from "../base/errors.ts";
import { structOpsNames, structOpsOf } from "../btf/struct-ops.ts";
import { loadCollection } from "../collection/load.ts";
import { BusyError, ExistsError, NotSupportedError, SyscallError } from "../kernel/errors.ts";
import { isAtLeast } from "../kernel/feature.ts";
import { kernelBtf } from "../program/kernel-btf.ts";
import { structOps, type StructOpsSpec } from "../spec/struct-ops.ts";
import { kernelUnderTest } from "../testing/kernel-under-test.ts";
import { needs } from "../testing/needs.ts";
import { needsLinux } from "../testing/needs-linux.ts";
import type { StructOps } from "./struct-ops.ts";
import { congestion, two } from "./testing-congestion.ts";
import { hits } from "./testing-hits.ts";

const kernel = kernelUnderTest();

describe("a struct of functions", needs("root", "bpf", "btf"), () => {
  it("is registered in the way that the kernel has", () => {
    using loaded = loadCollection(kernel, { hits, ops: congestion() });
    const { ops } = loaded;
    assert.equal(ops.registration, isAtLeast(kernel.version, [6, 4]) ? "link" : "map_update");
    assert.equal(ops.info().type, "struct_ops");
    assert.equal(ops.info().name, "ops");
    using link = ops.register();
    if (ops.registration === "map_update") {
      assert.throws(() => link.info(), NotSupportedError);
      return;
    }
    const info = link.info();
    assert.ok(info.type === "struct_ops");
    assert.equal(info.details.mapId, ops.id);
    assert.equal(info.programId, 0);
  });

  for (const registration of ["link", "map_update"] as const) {
    const since = registration === "link" ? needsLinux(6, 4) : {};
    it(`is alone under its name (${registration})`, since, () => {
      using first = loadCollection(kernel, { hits, ops: congestion({}, { registration }) });
      using second = loadCollection(kernel, { hits, ops: congestion({}, { registration }) });
      using link = first.ops.register();
      assert.throws(() => second.ops.register(), ExistsError);
      link.close();
      using next = second.ops.register();
      next.close();
    });

    it(`is not called as one of the kernel (${registration})`, since, () => {
      using loaded = loadCollection(kernel, {
        hits,
        ops: congestion({ name: "reno" }, { registration }),
      });
      assert.throws(() => loaded.ops.register(), ExistsError);
    });
  }

  it("takes the place of one of its name, if that is there", needsLinux(6, 4), () => {
    using old = loadCollection(kernel, { hits, ops: congestion() });
    using next = loadCollection(kernel, { hits, ops: congestion() });
    using other = loadCollection(kernel, { hits, ops: congestion({ name: "ts_ebpf_other" }) });
    using link = old.ops.register();
    assert.throws(() => link.update(next.ops, { expected: other.ops }), BusyError);
    assert.throws(() => link.update(other.ops), SyscallError);
    link.update(next.ops, { expected: old.ops });
    const info = link.info();
    assert.ok(info.type === "struct_ops");
    assert.equal(info.details.mapId, next.ops.id);
  });

  const refuses = (
    spec: () => StructOpsSpec,
    type: abstract new (...given: never[]) => BpfError,
    text: RegExp,
  ): void =>
    assert.throws(
      () => {
        using loaded: { readonly ops: StructOps } & Disposable = loadCollection(kernel, {
          hits,
          ops: spec(),
        });
        loaded.ops.register().close();
      },
      (error) => error instanceof type && text.test(error.format()),
    );
  it("is one that the kernel has", () =>
    refuses(
      () => structOps({ type: "tcp_congestion_op", members: { init: two } }),
      InvalidArgumentError,
      /no struct of functions "tcp_congestion_op"[^]*did you mean "tcp_congestion_ops"/,
    ));
  it("has the functions of the kernel's", () =>
    refuses(
      () => congestion({ ssthrehs: two }),
      InvalidArgumentError,
      /no function "ssthrehs"[^]*did you mean "ssthresh"/,
    ));
  it("has the values of the kernel's", () =>
    refuses(() => congestion({ flag: 1 }), InvalidArgumentError, /no member "flag"[^]*"flags"/));
  it("tells functions and values apart", () =>
    refuses(() => congestion({ release: 1 }), InvalidArgumentError, /"release" as a function/));
  it("has values that fit", () => {
    refuses(() => congestion({ name: "longer than sixteen" }), InvalidArgumentError, /at most 15/);
    refuses(() => congestion({ name: 1 }), InvalidArgumentError, /is a text/);
    refuses(() => congestion({ flags: "x" }), InvalidArgumentError, /takes a whole number/);
    refuses(() => congestion({ flags: 2n ** 32n }), InvalidArgumentError, /has 32 bits/);
    refuses(() => congestion({ owner: 1 }), InvalidArgumentError, /can only be left out/);
  });
  it("is complete", () =>
    refuses(
      () => structOps({ type: "tcp_congestion_ops", members: { name: "ts_ebpf_test", init: two } }),
      BpfError,
      /EINVAL/,
    ));
  it("has functions", () =>
    refuses(
      () => structOps({ type: "tcp_congestion_ops", members: { name: "x" } }),
      InvalidArgumentError,
      /has no functions/,
    ));
});

describe("structs of functions of this kernel", needs("btf"), () => {
  const btf = kernelBtf(kernel);

  it("are listed", () => assert.ok(structOpsNames(btf).includes("tcp_congestion_ops")));

  it("are described", () => {
    const { members, dataOffset, valueSize } = structOpsOf(btf, "tcp_congestion_ops");
    const ssthresh = members.find(({ name }) => name === "ssthresh")!;
    assert.equal(ssthresh.kind, "function");
    assert.match(ssthresh.description, /u32 \(\*.*\)\(struct sock \*/);
    assert.equal(members.find(({ name }) => name === "name")?.kind, "value");
    assert.ok(dataOffset > 0 && dataOffset < valueSize);
  });
});
