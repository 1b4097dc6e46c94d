import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { describe, it } from "node:test";
import { InvalidArgumentError } from "../../base/errors.ts";
import { isAtLeast } from "../../kernel/feature.ts";
import { needs } from "../../testing/needs.ts";
import { openNativeKernel } from "../native-kernel.ts";
import { probeHelper, typesWithHelper } from "./helper-features.ts";
import { probeFeature } from "./probe-features.ts";
import { features } from "./table.ts";

const kernel = openNativeKernel();

/** What a kernel may lack although its version has it: it can be built without, or forbid it. */
const optional: ReadonlySet<string> = new Set([
  "map struct_ops",
  "map inode_storage",
  "map xskmap",
  "map sockmap",
  "map sockhash",
  "map reuseport_sockarray",
  "map cgrp_storage",
  "map arena",
  "program fexit",
  "program fmod_ret",
  "program fsession",
  "program lirc_mode2",
  "program lsm",
  "program netfilter",
  "program tracing",
  "link kprobe_multi",
  "link kprobe_session",
  "link netfilter",
  "link netkit",
  "link uprobe_multi",
  "link uprobe_session",
  "instruction load-acquire",
  "system kprobe events",
  "system uprobe events",
  // Forbidden where the kernel is locked down.
  "helper probe_write_user",
  // CONFIG_FUNCTION_ERROR_INJECTION, CONFIG_BPF_LIRC_MODE2, CONFIG_IMA
  "helper override_return",
  "helper rc_repeat",
  "helper rc_keydown",
  "helper rc_pointer_rel",
  "helper ima_inode_hash",
  "helper ima_file_hash",
  // In 5.10 only for those programs on functions of the kernel that may sleep.
  "helper copy_from_user",
  // Only for programs on functions of the kernel and LSM, which a kernel may forbid.
  "helper inode_storage_get",
  "helper inode_storage_delete",
  "helper bprm_opts_set",
  "helper get_func_arg",
  "helper get_func_ret",
  "helper get_func_arg_cnt",
]);

describe("features", needs("bpf", "btf"), () => {
  const descriptors = (): number => readdirSync("/proc/self/fd").length;

  for (const feature of features) {
    const title = `${feature.group} ${feature.name}`;
    it(title, () => {
      const before = descriptors();
      const { supported, reason } = probeFeature(kernel, feature);
      assert.equal(descriptors(), before, "the probe left something open");
      const expected = isAtLeast(kernel.version, feature.since);
      if (supported === expected) return;
      // A newer version without it is a mistake in the table, unless kernels may be built without.
      assert.ok(expected && optional.has(title), `table says ${expected}, kernel says: ${reason}`);
    });
  }
});

describe("helpers of a kind of program", needs("bpf", "btf"), () => {
  it("are told apart", () => {
    assert.equal(probeHelper(kernel, "redirectMap", "xdp"), true);
    assert.equal(probeHelper(kernel, "redirect_map", "socket_filter"), false);
    assert.equal(probeHelper(kernel, "bind", "cgroup_sock_addr"), true);
    const types = typesWithHelper(kernel, "xdpAdjustHead");
    assert.deepEqual(types, ["xdp"]);
  });
  it("cannot be told where programs are loaded for something else", () =>
    assert.equal(probeHelper(kernel, "redirectMap", "ext"), undefined));
  it("have to exist", () => {
    const unknown = "redirectMaps" as "redirectMap";
    assert.throws(() => probeHelper(kernel, unknown, "xdp"), InvalidArgumentError);
  });
});
