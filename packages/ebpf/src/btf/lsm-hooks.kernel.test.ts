import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgumentError } from "../base/errors.ts";
import { kernelBtf } from "../program/kernel-btf.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";
import { needs } from "../testing/needs.ts";
import { lsmHook, lsmHooks } from "./lsm-hooks.ts";

describe("hooks of security modules", needs("btf"), () => {
  const btf = kernelBtf(openNativeKernel());
  const isThere = btf.findByName("bpf_lsm_file_open", "func") !== undefined;
  const options = { skip: isThere ? false : "this kernel has none for programs" };

  it("are listed, each in a category", options, () => {
    const hooks = lsmHooks(btf);
    assert.ok(hooks.length > 150, `${hooks.length} hooks`);
    const other = hooks.filter(({ category }) => category === "other").map(({ name }) => name);
    assert.deepEqual(other, []);
  });

  it("have parameters and results", options, () => {
    const { category, parameters, result } = lsmHook(btf, "file_open");
    assert.deepEqual([category, result], ["file", "decision"]);
    assert.deepEqual(
      parameters.map(({ name, description }) => [name, description]),
      [["file", "struct file *"]],
    );
    assert.equal(lsmHook(btf, "bprm_committed_creds").result, "nothing");
    assert.equal(lsmHook(btf, "audit_rule_known").result, "flag");
  });

  it("are those of the kernel", () =>
    assert.throws(
      () => lsmHook(btf, "file_opne"),
      (error) =>
        error instanceof InvalidArgumentError && (!isThere || /file_open/.test(error.hint ?? "")),
    ));
});
