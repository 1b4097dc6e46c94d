/**
 * Everything the kernel has loaded, whoever loaded it: programs, maps, links and BTF.
 *
 * The kernel numbers its objects; each is asked for by the number after the last one. What vanishes in between is passed over,
 * so a walk is no snapshot: it tells of all that was there the whole time. Handles are closed before the next step.
 * @module
 */
import { assertKernel } from "../kernel/assert-kernel.ts";
import { isNotFound, isTransient } from "../kernel/errors.ts";
import type { Handle } from "../kernel/handle.ts";
import type { BtfInfo, MapInfo, ObjectInfo, ProgramInfo } from "../kernel/info.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { LinkInfo } from "../kernel/link-info.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";

/**
 * Every loaded program, by ascending number. Minimum kernel 4.13. Privileges: CAP_SYS_ADMIN.
 * @throws {PermissionError} without privileges.
 */
export function programs(kernel: Kernel = openNativeKernel()): Generator<ProgramInfo, void> {
  return walk<ProgramInfo>(
    kernel,
    (startId) => kernel.bpf("progGetNextId", { startId }),
    (id) => kernel.bpf("progGetFdById", { id }),
  );
}

/**
 * Every map, by ascending number. Minimum kernel 4.13. Privileges: CAP_SYS_ADMIN.
 * @throws {PermissionError} without privileges.
 */
export function maps(kernel: Kernel = openNativeKernel()): Generator<MapInfo, void> {
  return walk<MapInfo>(
    kernel,
    (startId) => kernel.bpf("mapGetNextId", { startId }),
    // Some maps may not be written to, whoever asks.
    (id) => kernel.bpf("mapGetFdById", { id, access: "read" }),
  );
}

/**
 * Every link, by ascending number. Minimum kernel 5.8. Privileges: CAP_SYS_ADMIN.
 * @throws {PermissionError} without privileges.
 */
export function links(kernel: Kernel = openNativeKernel()): Generator<LinkInfo, void> {
  return walk<LinkInfo>(
    kernel,
    (startId) => kernel.bpf("linkGetNextId", { startId }),
    (id) => kernel.bpf("linkGetFdById", { id }),
  );
}

/**
 * Every BTF object: the kernel's, its modules', and those of programs and maps. Minimum kernel 5.4; the
 * kernel's and its modules' since 5.11. Privileges: CAP_SYS_ADMIN.
 * @throws {PermissionError} without privileges.
 */
export function btfObjects(kernel: Kernel = openNativeKernel()): Generator<BtfInfo, void> {
  return walk<BtfInfo>(
    kernel,
    (startId) => kernel.bpf("btfGetNextId", { startId }),
    (id) => kernel.bpf("btfGetFdById", { id }),
  );
}

function walk<Info extends ObjectInfo>(
  kernel: Kernel,
  next: (startId: number) => Info["id"] | undefined,
  open: (id: Info["id"]) => Handle,
): Generator<Info, void> {
  assertKernel(kernel);
  return step(kernel, next, open);
}

function* step<Info extends ObjectInfo>(
  kernel: Kernel,
  next: (startId: number) => Info["id"] | undefined,
  open: (id: Info["id"]) => Handle,
): Generator<Info, void> {
  for (let id = next(0); id !== undefined; id = next(id)) {
    const info = infoUnlessGone(kernel, () => open(id));
    if (info !== undefined) yield info as Info;
  }
}

/** `undefined` when the object is gone by now, or not yet whole. */
function infoUnlessGone(kernel: Kernel, open: () => Handle): ObjectInfo | undefined {
  try {
    using object = open();
    return kernel.bpf("objGetInfoByFd", { object });
  } catch (error) {
    if (isNotFound(error) || isTransient(error)) return undefined;
    throw error;
  }
}
