/**
 * Contexts of probes on functions, and of return probes.
 * @module
 */
import type { KernelPointer } from "./loose.ts";

/** The registers at a probe: `struct pt_regs`, whose fields are those of the machine. */
export interface ProbeContext {
  readonly [register: string]: KernelPointer;
}
