/**
 * Opening what the kernel has loaded by its number.
 * @module
 */
import { assertWhole } from "../base/arguments.ts";
import { type Btf, parseBtf } from "../btf/btf.ts";
import { assert } from "../base/assert.ts";
import { assertKernel } from "../kernel/assert-kernel.ts";
import type { BtfId, LinkId, MapId, ProgramId } from "../kernel/handle.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Link } from "../link/link.ts";
import { linkOf } from "../link/open-pinned.ts";
import { type ElementMapSpec, type LiveElementMap, liveElementMap } from "../map/create.ts";
import { assertIsMapOf } from "../map/definition.ts";
import { bareSpecOf } from "../program/open-pinned.ts";
import { Program } from "../program/program.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";

/**
 * Opens a loaded program by its number; the caller closes it. It knows its type and name, and not where it attaches.
 * Minimum kernel 4.13. Privileges: CAP_SYS_ADMIN.
 * @throws {NotFoundError} when there is no such program (any more).
 * @throws {NotSupportedError} when it is of a type this library does not know.
 */
export function openProgram(id: ProgramId, kernel: Kernel = openNativeKernel()): Program {
  assertNumber(id, "the number of a program", kernel);
  using stack = new DisposableStack();
  const handle = stack.use(kernel.bpf("progGetFdById", { id }));
  const info = kernel.bpf("objGetInfoByFd", { object: handle });
  assert(info.kind === "program", `info of a program is of a ${info.kind}`);
  const program = new Program({ kernel, spec: bareSpecOf(info), handle });
  stack.move();
  return program;
}

/**
 * Opens a map by its number, after checking that it is what `spec` says; the caller closes it.
 * Minimum kernel 4.13. Privileges: CAP_SYS_ADMIN.
 * @throws {NotFoundError} when there is no such map (any more).
 * @throws {InvalidArgumentError} when it is another kind of map or of other sizes.
 */
export function openMap<Spec extends ElementMapSpec>(
  id: MapId,
  spec: Spec,
  kernel: Kernel = openNativeKernel(),
): LiveElementMap<Spec> {
  assertNumber(id, "the number of a map", kernel);
  using stack = new DisposableStack();
  const handle = stack.use(kernel.bpf("mapGetFdById", { id }));
  assertIsMapOf(spec, kernel.bpf("objGetInfoByFd", { object: handle }), `map ${id}`);
  stack.move();
  return liveElementMap(kernel, spec, handle);
}

/**
 * Opens a link by its number; the caller closes it, which leaves the attachment to whoever else holds the link.
 * Minimum kernel 5.8. Privileges: CAP_SYS_ADMIN.
 * @throws {NotFoundError} when there is no such link (any more).
 * @throws {NotSupportedError} when it is of a kind this library does not know.
 */
export function openLink(id: LinkId, kernel: Kernel = openNativeKernel()): Link {
  assertNumber(id, "the number of a link", kernel);
  using stack = new DisposableStack();
  const handle = stack.use(kernel.bpf("linkGetFdById", { id }));
  const link = linkOf(kernel, handle, `what link ${id} is attached to`);
  stack.move();
  return link;
}

/**
 * The types in a BTF object, by its number. BTF of a module goes on where that of the kernel ends.
 * Minimum kernel 4.18. Privileges: CAP_SYS_ADMIN.
 * @throws {NotFoundError} when there is no such object (any more).
 */
export function readBtfObject(id: BtfId, kernel: Kernel = openNativeKernel()): Btf {
  assertNumber(id, "the number of a BTF object", kernel);
  using object = kernel.bpf("btfGetFdById", { id });
  const info = kernel.bpf("objGetInfoByFd", { object, contents: "all" });
  assert(info.kind === "btf" && info.contents !== undefined, "BTF was asked for");
  const { contents, kernelBtf, name } = info;
  if (!kernelBtf || name === "vmlinux") return parseBtf(contents, { path: `BTF ${id}` });
  const base = parseBtf(kernel.readBtf("vmlinux"), { path: "vmlinux" });
  return parseBtf(contents, { path: name, base });
}

/** @throws {InvalidArgumentError} for what is no number the kernel gives, or no kernel. */
export function assertNumber(id: number, what: string, kernel: Kernel): void {
  assertWhole(id, what, { least: 1, most: 2 ** 32 - 1 });
  assertKernel(kernel);
}
