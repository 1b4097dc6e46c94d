/**
 * The emulator: QEMU 10 or newer, fetched where the machine has none.
 *
 * QEMU 7.2, which Debian 12 installs, emulates CMPXCHG16B wrongly: one boot in five of newer kernels dies.
 * @module
 */
import { spawnSync } from "node:child_process";
import { existsSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { Releases, unpack } from "./apt.ts";

/** How to start the emulator. */
export interface Emulator {
  readonly program: string;
  /** Options for its data files. */
  readonly options: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
}

const oldestMajor = 10;

/** Fetches the emulator with what it needs, unless it is there. */
export function fetchEmulator(cache: string): Emulator {
  if (isInstalled())
    return { program: "qemu-system-x86_64", options: [], environment: process.env };
  const folder = join(cache, "qemu");
  const release = new Releases(cache, "bookworm", "bookworm-backports");
  unpack(() => release.downloadAll(["qemu-system-x86"]), folder);
  const libraries = ["usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu"];
  return {
    program: join(folder, "usr/bin/qemu-system-x86_64"),
    options: ["usr/share/qemu", "usr/share/seabios"].flatMap((data) => ["-L", join(folder, data)]),
    environment: {
      ...process.env,
      LD_LIBRARY_PATH: libraries.map((part) => join(folder, part)).join(":"),
      QEMU_MODULE_DIR: join(folder, "usr/lib/x86_64-linux-gnu/qemu"),
    },
  };
}

function isInstalled(): boolean {
  const { stdout } = spawnSync("qemu-system-x86_64", ["--version"], { encoding: "utf8" });
  return Number(/version (\d+)/.exec(stdout ?? "")?.[1] ?? 0) >= oldestMajor;
}

/** Programs that a guest starts with. */
export interface GuestTools {
  /** Statically linked. */
  readonly busybox: string;
  readonly modprobe: string;
  readonly depmod: string;
}

/** Fetches them. */
export function fetchGuestTools(cache: string): GuestTools {
  const folder = join(cache, "tools");
  const release = new Releases(cache, "bookworm");
  unpack(() => ["busybox-static", "kmod"].map((name) => release.download(name)), folder);
  const [modprobe, depmod] = ["modprobe", "depmod"].map((name) => join(folder, name));
  for (const link of [modprobe!, depmod!]) {
    if (!existsSync(link)) symlinkSync("bin/kmod", link);
  }
  return { busybox: join(folder, "bin/busybox"), modprobe: modprobe!, depmod: depmod! };
}
