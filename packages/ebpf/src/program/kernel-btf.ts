/**
 * The kernel's own BTF, parsed once per kernel.
 * @module
 */
import { parseBtf, type Btf } from "../btf/btf.ts";
import { assertKernel } from "../kernel/assert-kernel.ts";
import type { Kernel } from "../kernel/kernel.ts";

const parsed = new WeakMap<Kernel, Btf>();

/**
 * BTF of the running kernel. Parsing only indexes it; types are decoded when they are asked for.
 * @throws {NotSupportedError} when the kernel has none (CONFIG_DEBUG_INFO_BTF).
 */
export function kernelBtf(kernel: Kernel): Btf {
  assertKernel(kernel);
  let btf = parsed.get(kernel);
  if (btf === undefined) {
    btf = parseBtf(kernel.readBtf("vmlinux"), { path: "vmlinux" });
    parsed.set(kernel, btf);
  }
  return btf;
}
