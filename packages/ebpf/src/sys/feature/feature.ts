/**
 * What a feature of the kernel is, and what asking for it tells.
 *
 * A feature is a row: a name, the version it came with, and a probe that tries it. The version is what the
 * documentation says; the probe is what holds, as kernels are built without things and others get them backported.
 * @module
 */
import type { Kernel } from "../../kernel/kernel.ts";
import type { KernelVersion } from "../../kernel/feature.ts";

/** What a feature is part of. */
export type FeatureGroup = "map" | "program" | "link" | "helper" | "instruction" | "system";

/** Something a kernel can do or not. */
export interface Feature {
  /** Unique together with the group: `ringbuf`. */
  readonly name: string;
  readonly group: FeatureGroup;
  readonly since: KernelVersion;
  /**
   * Tries it without attaching anything; what it returns is closed.
   * @throws {BpfError} when the kernel does not have it, {@link PermissionError} when that cannot be found out.
   */
  readonly probe: (kernel: Kernel) => Disposable | void;
}

/** What probing a feature told. */
export interface FeatureReport {
  readonly name: string;
  readonly group: FeatureGroup;
  readonly since: KernelVersion;
  /** `undefined` when this process may not even try. */
  readonly supported: boolean | undefined;
  /** Why not, where it is not supported or cannot be told. */
  readonly reason?: string;
}
