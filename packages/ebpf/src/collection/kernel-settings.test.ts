import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { NotFoundError } from "../kernel/errors.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { u32 } from "../layout/integer.ts";
import { globalSpec } from "../spec/global-spec.ts";
import { KernelSettings } from "./kernel-settings.ts";

const encoder = new TextEncoder();

const missing = { errno: 2, errnoName: "ENOENT", reason: "there is no such file" } as const;

/** What a kernel with these files says of CONFIG_HZ. */
function hertz(files: Readonly<Record<string, string | Uint8Array>>): number {
  const all: typeof files = { "/proc/sys/kernel/osrelease": "7.2.0-test\n", ...files };
  const readFile = (path: string): Uint8Array => {
    const content = all[path];
    if (content === undefined) throw new NotFoundError({ ...missing, operation: `read ${path}` });
    return typeof content === "string" ? encoder.encode(content) : content;
  };
  const setting = { type: "int", weak: true } as const;
  const variable = globalSpec("config", { name: "CONFIG_HZ", layout: u32, initial: 0, setting });
  new KernelSettings({ readFile } as unknown as Kernel).set(variable);
  return variable.value;
}

describe("KernelSettings", () => {
  const inBoot = { "/boot/config-7.2.0-test": "CONFIG_A=y\nCONFIG_HZ=250\n" };
  const besideModules = { "/lib/modules/7.2.0-test/config": "CONFIG_HZ=1000\n" };

  it("reads what the kernel itself shows first", () => {
    const shown = { "/proc/config.gz": gzipSync("CONFIG_HZ=100\n") };
    assert.equal(hertz({ ...shown, ...inBoot, ...besideModules }), 100);
  });
  it("reads what distributions put into /boot, else beside the modules", () => {
    assert.equal(hertz({ ...inBoot, ...besideModules }), 250);
    assert.equal(hertz(besideModules), 1000);
    assert.equal(hertz({ "/boot/config-6.1.0": "CONFIG_HZ=250\n" }), 0);
  });
});
