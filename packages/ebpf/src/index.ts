/**
 * The eBPF toolkit for TypeScript: what most programs import.
 *
 * Declare maps with layouts and programs with instructions, `load` them into a kernel, attach, and read what they
 * saw. The other entry points of this package hold the parts: `ts-ebpf/asm`, `ts-ebpf/isa`, `ts-ebpf/btf`,
 * `ts-ebpf/layout`, `ts-ebpf/kernel`, `ts-ebpf/sys`.
 * @module
 */
import { assertBytes } from "./base/given.ts";
import { chooseKernel, type KernelChoice } from "./choose-kernel.ts";
import {
  compileAndLoad,
  type Loaded,
  type LoadCollectionOptions,
  type RelocateOptions,
} from "./collection/load.ts";
import type { MapOrigins } from "./collection/create-maps.ts";
import { openObjectFile, type OpenObject } from "./collection/open-object.ts";
import type { LoadedObject, ObjectChanges } from "./collection/object-types.ts";
import type { Kernel } from "./kernel/kernel.ts";
import type { CollectionSpec } from "./spec/collection-spec.ts";
import type { UsdtProbe } from "./elf/usdt.ts";
import { usdtProbesIn } from "./link/usdt-probes.ts";
import { openNativeKernel } from "./sys/native-kernel.ts";

export * from "./base/errors.ts";
export { Collection } from "./collection/collection.ts";
export type { CompileOptions } from "./collection/compile.ts";
export type { Live, LoadCollectionOptions, Loaded, RelocateOptions } from "./collection/load.ts";
export type { MapOrigins, Pins } from "./collection/create-maps.ts";
export type { LoadedObject, ObjectChanges } from "./collection/object-types.ts";
export type { OpenObject } from "./collection/open-object.ts";
export * from "./kernel/errors.ts";
export type { UsdtProbe } from "./elf/usdt.ts";
export type { UsdtArgument, UsdtNumber, UsdtOperand } from "./elf/usdt-argument.ts";
export type { Handle, HasHandle } from "./kernel/handle.ts";
export type { Kernel } from "./kernel/kernel.ts";
export type { KernelChoice } from "./choose-kernel.ts";
export * from "./lang/builtins/index.ts";
export { CompileError, type Diagnostic } from "./lang/compile-error.ts";
export * from "./layout/index.ts";
export * from "./link/index.ts";
export * from "./map/index.ts";
export * from "./program/index.ts";
export * from "./reference/index.ts";
export * from "./spec/index.ts";
export * from "./stream/index.ts";
export type { Explanation, SourceLanguage } from "./verifier/explain.ts";
export type { Rejection } from "./verifier/rejection.ts";
export { VerifierError } from "./verifier/verifier-error.ts";

/** Options of {@link load}. */
export interface LoadOptions extends LoadCollectionOptions {
  /** The kernel to load into; see {@link KernelChoice} for what is taken when it is left out. */
  readonly kernel?: KernelChoice;
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
  { kernel, ...options }: LoadOptions = {},
): Promise<Loaded<Spec>> {
  return compileAndLoad(await chooseKernel(kernel), spec, options);
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
export function openObject<Spec extends CollectionSpec = CollectionSpec>(
  source: string | Uint8Array,
  { kernel = openNativeKernel() }: OpenObjectOptions = {},
): OpenObject<Spec> {
  if (typeof source !== "string") assertBytes(source, "the object file (or its path)");
  return openObjectFile<Spec>(kernel, source);
}

/** Options of {@link loadObject}. */
export interface LoadObjectOptions<Spec extends CollectionSpec = CollectionSpec>
  extends OpenObjectOptions, ObjectChanges<Spec>, RelocateOptions, MapOrigins {}

/**
 * Loads an object file, a path or its bytes, with the changes that `options` say. Nothing is attached yet: `attach` does,
 * to where the sections say. Keys, values and variables are decoded with the types in the file. The caller closes the
 * collection. What is in the file is a property of it, too; TypeScript knows which there are when it is told:
 * `loadObject<Filter>("filter.o")` with the declarations that `ts-ebpf types filter.o` writes.
 * @throws {MalformedError} when it is damaged; {@link NotFoundError} when there is no such file.
 * @throws {InvalidArgumentError} when a change is for something that is not there, or the kernel lacks a setting.
 * @throws {VerifierError} when a program is rejected; {@link PermissionError} without privileges.
 */
export function loadObject<Spec extends CollectionSpec = CollectionSpec>(
  source: string | Uint8Array,
  options: LoadObjectOptions<Spec> = {},
): LoadedObject<Spec> {
  const { kernel } = options;
  const object = openObject<Spec>(source, kernel === undefined ? {} : { kernel });
  return object.change(options).load(options);
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
