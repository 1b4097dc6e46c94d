/**
 * Finds and loads the addon.
 *
 * One file per machine lies in `prebuilds`, the same for every C library and every version of Node; nothing is built
 * or fetched on installation. `TS_EBPF_NATIVE` names another file instead, to test one that was just built.
 * @module
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Bridge } from "./bridge.ts";
import { BridgeError } from "./bridge-error.ts";
import { bridgeOver, type Addon } from "./prepare.ts";

/** Machines there is a file for. */
const machines: readonly string[] = ["x64", "arm64"];

let loaded: Bridge | undefined;

/**
 * The functions of the addon, which is loaded by the first call.
 * @throws {BridgeError} when there is none for this machine, or it cannot be loaded.
 */
export function loadBridge(): Bridge {
  loaded ??= bridgeOver(loadAddon(process.env["TS_EBPF_NATIVE"] ?? prebuiltFile()));
  return loaded;
}

/** The file for this machine. */
function prebuiltFile(): string {
  const { platform, arch } = process;
  if (platform !== "linux" || !machines.includes(arch)) {
    throw new BridgeError(
      "UNSUPPORTED_PLATFORM",
      `there is no native bridge for ${platform}-${arch}`,
      {
        hint: `BPF in the kernel needs Linux on ${machines.join(" or ")}; elsewhere use the simulated kernel`,
      },
    );
  }
  return fileURLToPath(new URL(`../prebuilds/${platform}-${arch}.node`, import.meta.url));
}

function loadAddon(file: string): Addon {
  if (!existsSync(file)) {
    throw new BridgeError("ADDON_MISSING", `the native bridge ${file} does not exist`, {
      hint: "install the package again, or build it: npm run build:native",
    });
  }
  const module = { exports: {} as Addon };
  try {
    process.dlopen(module, file);
  } catch (cause) {
    throw new BridgeError("ADDON_REFUSED", `the native bridge ${file} cannot be loaded`, {
      cause,
      hint: "the cause says why; under --permission Node also needs --allow-addons",
    });
  }
  return module.exports;
}
