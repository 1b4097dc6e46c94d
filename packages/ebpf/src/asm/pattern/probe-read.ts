/**
 * Safe reads: copies from memory that the verifier knows nothing about.
 *
 * The copy fails instead of faulting, and fills the destination with zeros then. Behind each of these r0 is negative
 * after a failure; for text it is the length with the zero byte otherwise. r1 to r5 are overwritten. Minimum kernel 5.5.
 * @module
 */
import type { Register } from "../../isa/register.ts";
import type { HelperName } from "../../helper/helper-id.ts";
import type { Item } from "../assemble.ts";
import { call } from "../call.ts";
import type { Place, SizedPlace } from "../place.ts";

/** Copies the bytes at `from`, an address, to all of `to`. */
export type ProbeRead = (to: SizedPlace, from: Register | Place) => Item;

const read =
  (helper: HelperName): ProbeRead =>
  (to, from) =>
    call(helper, to, to.size, from);

/** From memory of the kernel. */
export const probeReadKernel: ProbeRead = read("probe_read_kernel");
/** From memory of the current process. */
export const probeReadUser: ProbeRead = read("probe_read_user");
/** Text up to its zero byte, from memory of the kernel; always ended by a zero byte. */
export const probeReadKernelStr: ProbeRead = read("probe_read_kernel_str");
/** Text up to its zero byte, from memory of the current process; always ended by a zero byte. */
export const probeReadUserStr: ProbeRead = read("probe_read_user_str");
