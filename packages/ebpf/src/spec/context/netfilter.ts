/**
 * Context of programs on hooks of netfilter: `struct bpf_nf_ctx` of include/linux/bpf.h.
 * @module
 */
import type { KernelPointer } from "./loose.ts";

/** A packet at a hook of netfilter. Both pointers are there always, and all fields of the kernel can be read. */
export interface NetfilterContext {
  /** `struct nf_hook_state`: the hook, and the interfaces `in` and `out`. */
  readonly state: KernelPointer;
  /** `struct sk_buff`. */
  readonly skb: KernelPointer;
}
