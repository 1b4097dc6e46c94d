import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseBtf } from "../btf/btf.ts";
import type { CoreRelocationSite } from "../spec/core-relocation.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";
import { needs } from "../testing/needs.ts";
import { coreAnswer } from "./core-value.ts";
import { minimizeBtf } from "./minimize.ts";

describe("minimizeBtf of the running kernel", needs("btf"), () => {
  it("gives the kernel's answers from a thousandth of its size", () => {
    const whole = openNativeKernel().readBtf("vmlinux");
    const vmlinux = parseBtf(whole, { path: "vmlinux" });
    const paths = ["pid", "comm.3", "se.avg.load_sum", "cred", "in_execve", "no_such_member"];
    const sites = paths.flatMap((text): readonly CoreRelocationSite[] => {
      const path = text.split(".").map((step) => (/^\d/.test(step) ? Number(step) : step));
      const field = { struct: "task_struct", path };
      return (["field-exists", "field-offset", "field-size"] as const).map((kind) => ({
        index: 0,
        core: { kind, field },
      }));
    });
    const bytes = minimizeBtf(vmlinux, sites);
    assert.ok(bytes.length < whole.length / 1000, `${bytes.length} bytes`);
    const small = parseBtf(bytes, { path: "small" });
    for (const site of sites) {
      const wanted = coreAnswer(site, { target: vmlinux }).value;
      assert.equal(coreAnswer(site, { target: small }).value, wanted, JSON.stringify(site.core));
    }
  });
});
