import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { BridgeError } from "./bridge-error.ts";
import { loadBridge } from "./load.ts";
import { ScratchFile } from "./testing/memory.ts";

/** What loading prints in a process of its own: the error's class, code and hint, or the names of the functions. */
function load(file: string | undefined, before = ""): string {
  const code = `
    ${before}
    const { loadBridge } = await import(${JSON.stringify(import.meta.resolve("./load.ts"))});
    try {
      console.log(Object.keys(loadBridge()).length);
    } catch (error) {
      console.log(error.name, error.code, error.message, "|", error.hint);
    }`;
  const env = { ...process.env };
  delete env["TS_EBPF_NATIVE"];
  if (file !== undefined) env["TS_EBPF_NATIVE"] = file;
  return execFileSync(process.execPath, ["--input-type=module", "--eval", code], {
    env,
    encoding: "utf8",
  });
}

describe("loadBridge", () => {
  it("returns the same functions each time", () => {
    assert.equal(loadBridge(), loadBridge());
    assert.ok(Object.isFrozen(loadBridge()));
  });

  it("loads the file that TS_EBPF_NATIVE names", () => {
    const file = fileURLToPath(new URL(`../prebuilds/linux-${process.arch}.node`, import.meta.url));
    assert.equal(load(file), load(undefined));
    assert.match(
      load("/nowhere.node"),
      /^BridgeError ADDON_MISSING the native bridge \/nowhere.node does not exist \|/,
    );
  });

  it("says what to do with a file that is no addon", () => {
    using file = new ScratchFile(100);
    assert.match(
      load(file.path),
      /^BridgeError ADDON_REFUSED .* cannot be loaded \| the cause says why/,
    );
  });

  it("knows what it was not built for", () => {
    const sparc = `Object.defineProperty(process, "arch", { value: "sparc" });`;
    assert.match(
      load(undefined, sparc),
      /^BridgeError UNSUPPORTED_PLATFORM there is no native bridge for linux-sparc/,
    );
    const darwin = `Object.defineProperty(process, "platform", { value: "darwin" });`;
    assert.match(load(undefined, darwin), /^BridgeError UNSUPPORTED_PLATFORM .* for darwin-/);
  });
});

describe("BridgeError", () => {
  it("carries cause, code and hint", () => {
    const cause = new TypeError("why");
    const error = new BridgeError("ADDON_REFUSED", "what", { cause, hint: "do this" });
    assert.deepEqual(
      [error.message, error.code, error.hint, error.cause],
      ["what", "ADDON_REFUSED", "do this", cause],
    );
  });
});
