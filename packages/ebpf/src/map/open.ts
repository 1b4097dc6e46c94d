/**
 * Opening maps that exist: pinned ones, and those behind descriptors. Each is checked to be what a spec says.
 * @module
 */
import { isName } from "../base/checks.ts";
import { assertKernel } from "../kernel/assert-kernel.ts";
import { ExistsError, isNotFound } from "../kernel/errors.ts";
import type { Handle } from "../kernel/handle.ts";
import type { FileBtfs } from "../kernel/file-btfs.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { isMapSpec, type MapSpec } from "../spec/map-spec.ts";
import {
  createMapHandle,
  type ElementMapSpec,
  liveElementMap,
  type LiveElementMap,
} from "./create.ts";
import { assertIsMapOf } from "./definition.ts";

/**
 * Opens the map pinned at `path`, after checking that it is what `spec` says; the caller closes it.
 * @throws {NotFoundError} when nothing is there.
 * @throws {InvalidArgumentError} when it is another kind of map, or of other sizes, or lacks a flag; all differences are
 * named.
 */
export function openPinnedMap<Spec extends ElementMapSpec>(
  kernel: Kernel,
  path: string,
  spec: Spec,
): LiveElementMap<Spec> {
  assertPinned(kernel, path, spec);
  return liveElementMap(kernel, spec, openPinnedHandle(kernel, path, spec));
}

/**
 * The map pinned at `path`; where nothing is, a new one, which is pinned there. So what is in it outlives the programs that
 * use it, until somebody removes the file. The caller closes the map, which leaves the pin.
 * @throws {InvalidArgumentError} when what is pinned there is not what `spec` says, or `path` is not on a bpffs.
 */
export function createOrOpenPinnedMap<Spec extends ElementMapSpec>(
  kernel: Kernel,
  path: string,
  spec: Spec,
): LiveElementMap<Spec> {
  assertPinned(kernel, path, spec);
  return liveElementMap(kernel, spec, createOrOpenPinnedHandle(kernel, path, spec));
}

/**
 * Opens the map behind a descriptor of this process, such as one that was inherited or received over a socket, after
 * checking that it is what `spec` says. The descriptor stays the caller's; the map is closed by the caller, too.
 * @throws {InvalidArgumentError} when the descriptor is not of a map, or the map is another one.
 */
export function openMapDescriptor<Spec extends ElementMapSpec>(
  kernel: Kernel,
  descriptor: number,
  spec: Spec,
): LiveElementMap<Spec> {
  assertKernel(kernel);
  isMapSpec(spec, "what the map is");
  const handle = kernel.openDescriptor(descriptor, "map");
  const what = `what is behind descriptor ${descriptor}`;
  return liveElementMap(kernel, spec, checked(kernel, handle, { spec, what }));
}

/** @throws {InvalidArgumentError} for what is no kernel, path or spec. */
function assertPinned(kernel: Kernel, path: string, spec: MapSpec): void {
  assertKernel(kernel);
  isName(path, "the path of a pinned map");
  isMapSpec(spec, "what the map is");
}

/** A handle of the map pinned at `path`, or of a new one, which is pinned there. */
export function createOrOpenPinnedHandle(
  kernel: Kernel,
  path: string,
  spec: MapSpec,
  fileBtfs?: FileBtfs,
): Handle {
  try {
    return openPinnedHandle(kernel, path, spec);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  using stack = new DisposableStack();
  const handle = stack.use(createMapHandle(kernel, spec, fileBtfs));
  try {
    kernel.bpf("objPin", { pathname: path, object: handle });
  } catch (error) {
    if (!(error instanceof ExistsError)) throw error;
    // Somebody else was faster: theirs is the one that stays.
    return openPinnedHandle(kernel, path, spec);
  }
  stack.move();
  return handle;
}

/** A handle of the map pinned at `path`, which is checked to be of `spec`. */
function openPinnedHandle(kernel: Kernel, path: string, spec: MapSpec): Handle {
  const handle = kernel.bpf("objGet", { pathname: path, kind: "map" });
  return checked(kernel, handle, { spec, what: `what is pinned at ${path}` });
}

/** The handle, once it is known to be of the map that is meant; else it is closed. */
function checked(
  kernel: Kernel,
  handle: Handle,
  { spec, what }: { readonly spec: MapSpec; readonly what: string },
): Handle {
  using stack = new DisposableStack();
  stack.use(handle);
  assertIsMapOf(spec, kernel.bpf("objGetInfoByFd", { object: handle }), what);
  stack.move();
  return handle;
}
