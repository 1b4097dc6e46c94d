import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgumentError } from "../base/errors.ts";
import { mov } from "../asm/alu.ts";
import { assemble } from "../asm/assemble.ts";
import { call, exit } from "../asm/call.ts";
import { r0 } from "../isa/register.ts";
import type { KernelVersion } from "../kernel/feature.ts";
import { u32 } from "../layout/integer.ts";
import { createMap } from "../map/create.ts";
import { loadProgram } from "../program/load.ts";
import { hashMap } from "../spec/hash-map.ts";
import { program } from "../spec/program.ts";
import { createSimulatedKernel } from "./simulated-kernel.ts";

describe("failures on purpose", () => {
  it("come as often as asked for, after as many successes", () => {
    const kernel = createSimulatedKernel();
    using map = createMap(kernel, hashMap("fails", u32, u32, 8));
    using _ = kernel.inject({ command: "mapUpdateElem", error: "ENOMEM", after: 1, times: 2 });
    map.set(1, 1);
    const refused = { name: "NoSpaceError", errnoName: "ENOMEM" };
    assert.throws(() => map.set(2, 2), refused);
    assert.throws(() => map.set(2, 2), refused);
    map.set(2, 2);
    assert.equal(map.count(), 2);
  });

  it("end when they are disposed of", () => {
    const kernel = createSimulatedKernel();
    const injected = kernel.inject({ command: "mapCreate", error: "EPERM" });
    const create = () => createMap(kernel, hashMap("denied", u32, u32, 8));
    assert.throws(create, { name: "PermissionError" });
    injected[Symbol.dispose]();
    create().close();
  });

  it("are the same for the same seed, and about as many as probable", () => {
    const failures = (seed: number): string => {
      const kernel = createSimulatedKernel({ seed });
      using map = createMap(kernel, hashMap("often", u32, u32, 8));
      using _ = kernel.inject({ command: "mapLookupElem", error: "EBUSY", probability: 0.25 });
      return Array.from({ length: 400 }, () => {
        try {
          map.get(1);
          return "-";
        } catch {
          return "x";
        }
      }).join("");
    };
    assert.equal(failures(7), failures(7));
    assert.notEqual(failures(7), failures(8));
    const count = failures(7).replaceAll("-", "").length;
    assert.ok(count > 60 && count < 140, `${count} of 400`);
  });

  it("have names that exist", () => {
    const inject = () =>
      createSimulatedKernel().inject({ command: "mapCreate", error: "ENOMEMM" as never });
    assert.throws(
      inject,
      (error) => error instanceof InvalidArgumentError && /ENOMEM"/.test(error.hint ?? ""),
    );
  });
});

describe("a simulated kernel", () => {
  it("names the helper that it does not have", () => {
    const kernel = createSimulatedKernel({ checking: "off" });
    const code = assemble([call("sys_close"), mov(r0, 0), exit()]);
    const refused = { name: "NotSupportedError", message: /bpf_sys_close/ };
    assert.throws(() => loadProgram(kernel, program("xdp", code)), refused);
  });

  it("forgets a map that nobody holds", () => {
    const kernel = createSimulatedKernel();
    const map = createMap(kernel, hashMap("gone", u32, u32, 8));
    const { id } = map;
    assert.equal(kernel.bpf("mapGetNextId", { startId: 0 }), id);
    map.close();
    assert.equal(kernel.bpf("mapGetNextId", { startId: 0 }), undefined);
    assert.throws(() => kernel.bpf("mapGetFdById", { id }), { name: "NotFoundError" });
  });

  it("keeps a map that is pinned", () => {
    const kernel = createSimulatedKernel();
    const map = createMap(kernel, hashMap("kept", u32, u32, 8));
    map.set(1, 5);
    map.pin("/sys/fs/bpf/kept");
    map.close();
    using handle = kernel.bpf("objGet", { pathname: "/sys/fs/bpf/kept", kind: "map" });
    const value = new Uint8Array(4);
    kernel.bpf("mapLookupElem", { map: handle, key: Uint8Array.of(1, 0, 0, 0), value });
    assert.deepEqual([...value], [5, 0, 0, 0]);
  });

  it("binds maps to programs since 5.10", () => {
    const bind = (version: KernelVersion): void => {
      const kernel = createSimulatedKernel({ version });
      using loaded = loadProgram(kernel, program("xdp", assemble([mov(r0, 2), exit()])));
      using map = createMap(kernel, hashMap("bound", u32, u32, 8));
      loaded.bindMap(map);
      assert.deepEqual(loaded.info().mapIds, [map.id]);
    };
    bind([5, 10]);
    assert.throws(() => bind([5, 9]), { name: "NotSupportedError", since: [5, 10] });
  });
});
