/**
 * Types of the kernel's modules.
 *
 * The kernel lists what BTF it has by number, that of modules, programs and its own alike. Each is asked once what it is, and
 * the types of a module are read when somebody looks for what the kernel itself does not have.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import { parseBtf, type Btf } from "../btf/btf.ts";
import type { BtfKind, BtfTypeOf } from "../btf/type.ts";
import { isNotFound, NotSupportedError, PermissionError } from "../kernel/errors.ts";
import type { BtfId } from "../kernel/handle.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { withoutFlavour } from "../relocate/named.ts";
import { kernelBtf } from "./kernel-btf.ts";

/** The types of one module. */
export interface ModuleTypes {
  readonly name: string;
  /** The kernel's number of them. */
  readonly id: BtfId;
  /** Those of the kernel are among them, under the same ids. */
  readonly types: Btf;
}

/** A type of the kernel or of one of its modules. */
export interface KernelType<Kind extends BtfKind> {
  readonly type: BtfTypeOf<Kind>;
  /** `undefined` for the kernel itself. */
  readonly module: ModuleTypes | undefined;
}

/** What is known by number; `undefined` for what is of no module. Numbers are not used again soon. */
const known = new WeakMap<Kernel, Map<BtfId, ModuleTypes | undefined>>();

/**
 * The types of all modules that are there now and have some (Linux 5.11); none for users who may not list them, which takes
 * CAP_SYS_ADMIN.
 */
export function moduleTypes(kernel: Kernel): readonly ModuleTypes[] {
  const seen = known.get(kernel) ?? new Map<BtfId, ModuleTypes | undefined>();
  known.set(kernel, seen);
  try {
    return [...btfIds(kernel)].flatMap((id) => {
      if (!seen.has(id)) seen.set(id, moduleOf(kernel, id));
      return seen.get(id) ?? [];
    });
  } catch (error) {
    if (error instanceof PermissionError || error instanceof NotSupportedError) return [];
    throw error;
  }
}

function* btfIds(kernel: Kernel): Generator<BtfId, void> {
  for (let startId = 0; ;) {
    const id = kernel.bpf("btfGetNextId", { startId });
    if (id === undefined) return;
    yield id;
    startId = id;
  }
}

function moduleOf(kernel: Kernel, id: BtfId): ModuleTypes | undefined {
  try {
    using object = kernel.bpf("btfGetFdById", { id });
    const info = kernel.bpf("objGetInfoByFd", { object });
    if (info.kind !== "btf" || !info.kernelBtf || info.name === "vmlinux") return undefined;
    const { name } = info;
    const types = parseBtf(kernel.readBtf(name), { base: kernelBtf(kernel), path: name });
    return { name, id, types };
  } catch (error) {
    // Programs end and modules are unloaded at any time.
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** What was found, and among which types. */
export interface FoundInKernel<Found> {
  readonly found: Found;
  readonly types: Btf;
  /** `undefined` for the kernel itself. */
  readonly module: ModuleTypes | undefined;
}

/**
 * What `find` finds in the kernel's types, else in those of the first module that has it.
 * @throws {InvalidArgumentError} as `find` does for the kernel's, when no module has it either.
 */
export function findInKernel<Found>(
  kernel: Kernel,
  find: (types: Btf) => Found,
): FoundInKernel<Found> {
  const types = kernelBtf(kernel);
  try {
    return { found: find(types), types, module: undefined };
  } catch (error) {
    const elsewhere = error instanceof InvalidArgumentError && findInModules(kernel, find);
    if (!elsewhere) throw error;
    return elsewhere;
  }
}

function findInModules<Found>(
  kernel: Kernel,
  find: (types: Btf) => Found,
): FoundInKernel<Found> | undefined {
  for (const module of moduleTypes(kernel)) {
    try {
      return { found: find(module.types), types: module.types, module };
    } catch (error) {
      if (!(error instanceof InvalidArgumentError)) throw error;
    }
  }
  return undefined;
}

/** The type of this name, or of what is before three underscores in it: a kind of which kernels have had several. */
export function findFlavoured<Kind extends BtfKind>(
  kernel: Kernel,
  name: string,
  kind: Kind,
): KernelType<Kind> | undefined {
  const essential = withoutFlavour(name);
  const exact = findKernelType(kernel, name, kind);
  if (exact !== undefined || essential === name) return exact;
  return findKernelType(kernel, essential, kind);
}

/** The type of this name in the kernel, else in the first module that has one. */
function findKernelType<Kind extends BtfKind>(
  kernel: Kernel,
  name: string,
  kind: Kind,
): KernelType<Kind> | undefined {
  const type = kernelBtf(kernel).findByName(name, kind);
  if (type !== undefined) return { type, module: undefined };
  for (const module of moduleTypes(kernel)) {
    const found = module.types.findByName(name, kind);
    if (found !== undefined) return { type: found, module };
  }
  return undefined;
}
