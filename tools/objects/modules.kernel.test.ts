import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import {
  existsSync,
  globSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { type Btf, parseBtf, printC, printRaw } from "ts-ebpf/btf";
import { findSection, readElf } from "ts-ebpf/elf";
import { needs } from "ts-ebpf/testing";
import { cacheFolder } from "../vm/kernel-image.ts";
import { layoutAssertions } from "./layout-assertions.ts";

/** BTF of a kernel and of some of its modules. */
interface KernelTypes {
  readonly kernel: string;
  readonly vmlinux: () => Uint8Array;
  readonly modules: readonly (readonly [name: string, types: () => Uint8Array])[];
}

const sys = "/sys/kernel/btf";
/** Compiling a header takes seconds. */
const mostModules = 2;

/** The running kernel, where it has loaded modules. */
function running(): readonly KernelTypes[] {
  const all = existsSync(sys) ? readdirSync(sys).filter((name) => name !== "vmlinux") : [];
  // The largest, as small ones may have no struct of their own.
  const sizeOf = (name: string): number => statSync(join(sys, name)).size;
  const names = all.toSorted((one, other) => sizeOf(other) - sizeOf(one));
  if (names.length === 0) return [];
  const bytesOf = (name: string) => (): Uint8Array => readFileSync(join(sys, name));
  const modules = names.slice(0, mostModules).map((name) => [name, bytesOf(name)] as const);
  return [{ kernel: "this kernel", vmlinux: bytesOf("vmlinux"), modules }];
}

const large = ["nf_tables", "btrfs"];

/** Kernels whose packages are there for guests. */
function cached(): readonly KernelTypes[] {
  const folder = join(cacheFolder(), "kernels");
  const kernels = existsSync(folder) ? readdirSync(folder) : [];
  return kernels.flatMap((kernel): readonly KernelTypes[] => {
    const image = join(folder, kernel, "vmlinux");
    const found = globSync(`tree/**/{${large.join(",")}}.ko*`, { cwd: join(folder, kernel) });
    const modules = found.map((file) => {
      return [file.replace(/^.*\//, ""), () => typesIn(join(folder, kernel, file))] as const;
    });
    // Modules of 5.10 have no types in Debian.
    if (!existsSync(image) || kernel.startsWith("5.10")) return [];
    return [{ kernel, vmlinux: () => typesIn(image), modules }];
  });
}

function typesIn(file: string): Uint8Array {
  const settings = { maxBuffer: 1 << 28 };
  const bytes = file.endsWith(".xz") ? execFileSync("xz", ["-dc", file], settings) : undefined;
  const section = findSection(readElf(bytes ?? readFileSync(file), file), ".BTF");
  // The file is large, and nobody needs the rest of it.
  return section?.bytes.slice() ?? assert.fail(`${file} has no types`);
}

const here = running().length > 0 ? running() : cached();
const { skip } = needs("clang");
const options = { skip: here.length === 0 ? "no module with types is at hand" : skip };

describe("types of real modules", options, () => {
  const folder = mkdtempSync(join(tmpdir(), "modules-"));
  after(() => rmSync(folder, { recursive: true }));
  const write = (name: string, held: string | Uint8Array): string => {
    writeFileSync(join(folder, name), held);
    return join(folder, name);
  };

  function compile(text: string, where: string): void {
    const words = ["-target", "bpf", "-w", "-fsyntax-only", `-I${folder}`, "-x", "c", "-"];
    const { status, stderr } = spawnSync("clang", words, { input: text, encoding: "utf8" });
    assert.equal(status, 0, `${where}: ${stderr.slice(0, 2000)}`);
  }

  function checkHeader(module: Btf, where: string): void {
    const header = printC(module);
    const { text, count } = layoutAssertions(module);
    assert.ok(count > 0, where);
    compile(`${header}${text}`, `${where} by itself`);
    compile(`#include "vmlinux.h"\n${header}${text}`, `${where} behind vmlinux.h`);
  }

  function checkText(module: Btf, types: Uint8Array, where: string): void {
    const words = ["-B", join(folder, "vmlinux"), "btf", "dump", "file", write("module", types)];
    const theirs = spawnSync("bpftool", words, { encoding: "utf8", maxBuffer: 1 << 28 });
    if (theirs.error !== undefined) return;
    assert.equal(theirs.status, 0, theirs.stderr);
    assert.equal(printRaw(module).trimEnd() === theirs.stdout.trimEnd(), true, where);
  }

  for (const { kernel, vmlinux, modules } of here) {
    it(`are read as bpftool reads them, and printed as C that compiles: ${kernel}`, () => {
      const types = vmlinux();
      write("vmlinux", types);
      const base = parseBtf(types, { path: "vmlinux" });
      write("vmlinux.h", printC(base));
      for (const [name, load] of modules) {
        const own = load();
        const module = parseBtf(own, { base, path: name });
        checkText(module, own, `${kernel} ${name}`);
        checkHeader(module, `${kernel} ${name}`);
      }
    });
  }
});
