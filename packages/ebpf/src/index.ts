/**
 * The eBPF toolkit for TypeScript: what most programs import.
 *
 * Declare maps with layouts and programs with instructions, `load` them into a kernel, attach, and read what they
 * saw. The other entry points of this package hold the parts: `ts-ebpf/asm`, `ts-ebpf/isa`, `ts-ebpf/btf`,
 * `ts-ebpf/layout`, `ts-ebpf/kernel`, `ts-ebpf/sys`.
 * @module
 */
import {
  compileAndLoad,
  type Loaded,
  type LoadCollectionOptions,
  type Pins,
  type RelocateOptions,
} from "./collection/load.ts";
import { openObjectFile, type ObjectChanges, type OpenObject } from "./collection/open-object.ts";
import type { Collection } from "./collection/collection.ts";
import type { Kernel } from "./kernel/kernel.ts";
import type { CollectionSpec } from "./spec/collection-spec.ts";
import type { UsdtProbe } from "./elf/usdt.ts";
import { usdtProbesIn } from "./link/usdt-probes.ts";
import { openNativeKernel } from "./sys/native-kernel.ts";

export * from "./base/errors.ts";
export { Collection } from "./collection/collection.ts";
export type { CompileOptions } from "./collection/compile.ts";
export type {
  Live,
  LoadCollectionOptions,
  Loaded,
  Pins,
  RelocateOptions,
} from "./collection/load.ts";
export type { ObjectChanges, OpenObject } from "./collection/open-object.ts";
export * from "./kernel/errors.ts";
export type { UsdtProbe } from "./elf/usdt.ts";
export type { UsdtArgument, UsdtNumber, UsdtOperand } from "./elf/usdt-argument.ts";
export type { Handle, HasHandle } from "./kernel/handle.ts";
export type { Kernel } from "./kernel/kernel.ts";
export * from "./lang/builtins/index.ts";
export * from "./layout/index.ts";
export * from "./link/index.ts";
export * from "./map/index.ts";
export * from "./program/index.ts";
export * from "./reference/index.ts";
export * from "./spec/index.ts";
export * from "./stream/index.ts";
export type { Explanation } from "./verifier/explain.ts";
export type { Rejection } from "./verifier/rejection.ts";
export { VerifierError } from "./verifier/verifier-error.ts";

/** Options of {@link load}. */
export interface LoadOptions extends LoadCollectionOptions {
  /** The kernel to load into; the running one when left out. */
  readonly kernel?: Kernel;
}

/**
 * Creates the maps and loads the programs of `spec`, compiling those that are written in TypeScript; maps that they
 * use and `spec` does not name are created, too. Nothing is attached yet. The caller closes what it gets, best with
 * `await using`.
 *
 * Minimum kernel and privileges are those of the parts: CAP_BPF for maps, with CAP_PERFMON for tracing programs.
 * @throws {CompileError} when a program cannot be compiled, with all that is wrong with it.
 * @throws {PermissionError} without privileges, with a hint at what is missing.
 * @throws {VerifierError} when a program is rejected, with the verifier's log.
 */
export async function load<const Spec extends CollectionSpec>(
  spec: Spec,
  { kernel = openNativeKernel(), ...options }: LoadOptions = {},
): Promise<Loaded<Spec>> {
  return compileAndLoad(kernel, spec, options);
}

/** Options of {@link openObject}. */
export interface OpenObjectOptions {
  /** The kernel it is for; the running one when left out. */
  readonly kernel?: Kernel;
}

/**
 * Reads an object file that clang or another compiler made, a path or its bytes, to look at and to change it before it is
 * loaded with its `load`. Needs no privileges but to read the file, and nothing has to be closed.
 * @throws {MalformedError} when it is damaged; {@link NotFoundError} when there is no such file.
 */
export function openObject(
  source: string | Uint8Array,
  { kernel = openNativeKernel() }: OpenObjectOptions = {},
): OpenObject {
  return openObjectFile(kernel, source);
}

/** Options of {@link loadObject}. */
export interface LoadObjectOptions extends OpenObjectOptions, ObjectChanges, RelocateOptions {
  /** As for {@link load}. */
  readonly pins?: Pins;
}

/**
 * Loads an object file, a path or its bytes, with the changes that `options` say. Nothing is attached yet: `attach` does,
 * to where the sections say. Keys, values and variables are decoded with the types in the file. The caller closes the
 * collection.
 * @throws {MalformedError} when it is damaged; {@link NotFoundError} when there is no such file.
 * @throws {InvalidArgumentError} when a change is for something that is not there, or the kernel lacks a setting.
 * @throws {VerifierError} when a program is rejected; {@link PermissionError} without privileges.
 */
export function loadObject(
  source: string | Uint8Array,
  { kernel, pins, relocator, btf, report, ...changes }: LoadObjectOptions = {},
): Collection {
  const object = openObject(source, kernel === undefined ? {} : { kernel });
  return object.change(changes).load({ pins: pins ?? {}, relocator, btf, report });
}

/** Options of {@link usdtProbes}. */
export interface UsdtProbesOptions {
  /** The kernel whose files are meant; the running one when left out. */
  readonly kernel?: Kernel;
}

/**
 * All sites of USDT probes in a program or library: a path, or a name without a slash such as `libc`. A probe may have
 * several. Needs no privileges but to read the file.
 * @throws {InvalidArgumentError} when there is no such library; {@link NotFoundError} when there is no such file.
 * @throws {MalformedError} when it is no ELF file, or a note in it is damaged.
 */
export function usdtProbes(
  path: string,
  { kernel = openNativeKernel() }: UsdtProbesOptions = {},
): readonly UsdtProbe[] {
  return usdtProbesIn(kernel, path);
}
