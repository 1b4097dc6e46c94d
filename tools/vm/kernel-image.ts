/**
 * From an unpacked kernel package to what a guest boots: the uncompressed kernel, and a first file system with the
 * modules that lead to the shared one. Made once for each kernel.
 * @module
 */
import { execFileSync } from "node:child_process";
import { existsSync, globSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { assert } from "../../packages/ebpf/src/base/assert.ts";
import { cpioArchive, type ArchiveEntry } from "./cpio.ts";
import type { GuestTools } from "./qemu.ts";

/** What a guest boots. */
export interface KernelImage {
  readonly kernel: string;
  readonly initialFiles: string;
  /** Folder of all its modules. */
  readonly modules: string;
  /** Folder with its configuration, of kernels that do not have it beside the modules. */
  readonly boot: string | undefined;
}

/** What must be loaded before the host's files can be seen, in this order with what each needs. */
const firstModules = ["virtio_pci", "virtio_console", "9pnet_virtio", "9p", "overlay"];

/** Makes the image of the kernel in `tree`. */
export function makeImage(tree: string, tools: GuestTools): KernelImage {
  const folder = dirname(tree);
  const [base] = globSync("{lib,usr/lib}/modules", { cwd: tree });
  assert(base !== undefined, `no modules in ${tree}`);
  const [version] = readdirSync(join(tree, base));
  const modules = join(tree, base, version!);
  const image = {
    kernel: join(folder, "vmlinux"),
    initialFiles: join(folder, "initial.cpio"),
    modules,
    boot: [join(tree, "boot")].find(existsSync),
  };
  const modulesRoot = dirname(dirname(dirname(modules)));
  if (!existsSync(join(modules, "modules.dep")))
    execFileSync(tools.depmod, ["-b", modulesRoot, version!]);
  if (!existsSync(image.kernel)) writeFileSync(image.kernel, uncompressedKernel(tree, modules));
  if (!existsSync(image.initialFiles)) {
    const list = moduleFiles(tools, modulesRoot, version!);
    writeFileSync(image.initialFiles, cpioArchive(initialFiles(tools, list)));
  }
  return image;
}

/** Under emulation, decompressing takes longer than all the rest of booting. */
function uncompressedKernel(tree: string, modules: string): Uint8Array {
  const [booted] = globSync(join(tree, "boot/vmlinuz-*"));
  const bytes = readFileSync(booted ?? join(modules, "vmlinuz"));
  // Documentation/arch/x86/boot.rst: setup_sects, payload_offset, payload_length; 4 bytes of size end the payload.
  const setup = (bytes[0x1f1]! || 4) + 1;
  const start = setup * 512 + bytes.readUInt32LE(0x248);
  const kernel = decompress(bytes.subarray(start, start + bytes.readUInt32LE(0x24c) - 4));
  return kernel.subarray(kernel.indexOf("\x7fELF"));
}

function decompress(bytes: Buffer): Buffer {
  if (bytes.readUInt32LE(0) === 0xfd2f_b528) return zstdDecompressSync(bytes);
  if (bytes.readUInt16LE(0) === 0x8b1f) return gunzipSync(bytes);
  const tool = bytes.readUInt32LE(0) === 0x184c_2102 ? "lz4" : "xz";
  const maxBuffer = 1 << 30;
  return execFileSync(tool, ["-dc"], { input: bytes, maxBuffer, stdio: ["pipe", "pipe", "pipe"] });
}

function moduleFiles(tools: GuestTools, root: string, version: string): readonly string[] {
  const files = new Set<string>();
  for (const name of firstModules) {
    const words = ["-d", root, "-S", version, "--show-depends", name];
    const shown = execFileSync(tools.modprobe, words, { encoding: "utf8" });
    for (const [, file] of shown.matchAll(/^insmod (\S+)/gm)) files.add(file!);
  }
  return [...files];
}

function initialFiles(tools: GuestTools, modules: readonly string[]): readonly ArchiveEntry[] {
  const folders = ["bin", "modules", "proc", "sys", "dev", "host", "written", "new"];
  const names = modules.map((file) => basename(file).replace(/\.(xz|zst|gz)$/, ""));
  return [
    ...folders.map((path) => ({ path })),
    { path: "bin/busybox", content: readFileSync(tools.busybox), executable: true },
    { path: "modules/order", content: names.map((name) => `${name}\n`).join("") },
    ...modules.map((file, index) => ({
      path: `modules/${names[index]}`,
      content: moduleBytes(file),
    })),
  ];
}

function moduleBytes(file: string): Uint8Array {
  const bytes = readFileSync(file);
  return file.endsWith(".ko") ? bytes : decompress(bytes);
}

/** Makes the folder that images are kept in. */
export function cacheFolder(): string {
  const base = process.env["XDG_CACHE_HOME"] ?? join(process.env["HOME"] ?? "/root", ".cache");
  const folder = process.env["TS_EBPF_VM_CACHE"] ?? join(base, "ts-ebpf", "vm");
  mkdirSync(folder, { recursive: true });
  return folder;
}
