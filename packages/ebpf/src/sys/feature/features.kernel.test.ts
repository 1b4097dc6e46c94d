import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { describe, it } from "node:test";
import { isAtLeast } from "../../kernel/feature.ts";
import { needs } from "../../testing/needs.ts";
import { openNativeKernel } from "../native-kernel.ts";
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
  "program kprobe.multi",
  "program kprobe.session",
  "program fexit",
  "program lirc_mode2",
  "program lsm",
  "program netfilter",
  "program tracing",
  "program uprobe.multi",
  "link netkit",
  "link uprobe_multi",
  "instruction load-acquire",
  "system kprobe events",
  "system uprobe events",
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
