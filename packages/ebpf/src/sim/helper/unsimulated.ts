/**
 * Helpers that the simulated kernel does not have, and why: programs that call one are refused when they are loaded.
 * @module
 */
import type { HelperName } from "../../helper/helper-id.ts";

const segments = "no routes are taken, and no header of segments is one";
const descriptors = "it has handles and no file descriptors, which this helper is given";

/** Why there is none, by the helper's name. */
export const unsimulated: { readonly [Name in HelperName]?: string } = {
  lwt_seg6_store_bytes: segments,
  lwt_seg6_adjust_srh: segments,
  lwt_seg6_action: segments,
  sys_bpf: descriptors,
  sys_close: descriptors,
};
