import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { NotSupportedError } from "../../kernel/errors.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import { errno } from "../call/errno.ts";
import { failureOf } from "../call/failure.ts";
import type { Feature } from "./feature.ts";
import { probeFeature, probeFeatures } from "./probe-features.ts";
import { features } from "./table.ts";

/** A kernel that does nothing but refuse. */
function refusingKernel(error: () => Error): Kernel & { readonly calls: string[] } {
  const calls: string[] = [];
  const refuse = (what: string): never => {
    calls.push(what);
    throw error();
  };
  const kernel: Partial<Kernel> = {
    version: [6, 18],
    bpf: (command) => refuse(command),
    readBtf: (name) => refuse(name),
  };
  return Object.assign(kernel as Kernel, { calls });
}

const feature = (probe: Feature["probe"]): Feature => ({
  name: "ringbuf",
  group: "map",
  since: [5, 8],
  probe,
});

describe("probeFeature", () => {
  const kernel = refusingKernel(() => new NotSupportedError("anything"));
  const row = { name: "ringbuf", group: "map", since: [5, 8] };

  it("takes what works for supported, and closes it", () => {
    let closed = 0;
    const probe = (): Disposable => ({ [Symbol.dispose]: () => void closed++ });
    assert.deepEqual(probeFeature(kernel, feature(probe)), { ...row, supported: true });
    assert.equal(closed, 1);
  });
  it("takes a refusal for a no, with the reason", () => {
    const probe = (): never => {
      throw new NotSupportedError("ring buffers");
    };
    const reason = "this kernel does not support ring buffers";
    assert.deepEqual(probeFeature(kernel, feature(probe)), { ...row, supported: false, reason });
  });
  it("takes a lack of rights for no answer", () => {
    const probe = (): never => {
      throw failureOf(errno.EPERM, { text: "create map" });
    };
    assert.equal(probeFeature(kernel, feature(probe)).supported, undefined);
  });
  it("does not hide a mistake of ours", () => {
    const probe = (): never => {
      throw new TypeError("mistake");
    };
    assert.throws(() => probeFeature(kernel, feature(probe)), TypeError);
  });
});

describe("probeFeatures", () => {
  it("answers for a kernel that lets nobody do anything", () => {
    const kernel = refusingKernel(() => failureOf(errno.EPERM, { text: "do it" }));
    const reports = probeFeatures(kernel);
    assert.equal(reports.length, features.length);
    assert.deepEqual(
      reports.filter(({ group, supported }) => group !== "system" && supported !== undefined),
      [],
    );
  });
  it("answers for a kernel that can do nothing", () => {
    const reports = probeFeatures(refusingKernel(() => failureOf(errno.EINVAL, { text: "do it" })));
    const surprising = reports.filter(
      ({ group, supported }) => group !== "system" && supported !== false,
    );
    assert.deepEqual(surprising, []);
  });
  it("asks once", () => {
    const kernel = refusingKernel(() => new NotSupportedError("anything"));
    const first = probeFeatures(kernel);
    const asked = kernel.calls.length;
    assert.equal(probeFeatures(kernel), first);
    assert.equal(kernel.calls.length, asked);
  });
});

describe("features", () => {
  it("have names of their own", () => {
    const names = features.map(({ group, name }) => `${group} ${name}`);
    assert.deepEqual(names.toSorted(), [...new Set(names)].toSorted());
  });
});
