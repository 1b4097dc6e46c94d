/**
 * Objects of the kernel inside of map values: spin locks and timers.
 *
 * Only programs use them, through helpers, and the kernel finds them by the BTF that maps holding them are created
 * with. User space never sees what is in them: a struct's value has no property for such a field, an element of an
 * array is `undefined`, and what is written there is zero, which the kernel does not copy into the map.
 * @module
 */
import type { OpaqueLayout } from "./layout.ts";

/**
 * `struct bpf_spin_lock`: a lock for the rest of the map value it is in. One per value. Minimum kernel 5.1.
 *
 * ```ts
 * const Account = struct("account", { lock: spinLock, balance: u64 });
 * ```
 * Source: include/uapi/linux/bpf.h.
 */
export const spinLock: OpaqueLayout = opaque("bpf_spin_lock", 4, 4);

/**
 * `struct bpf_timer`: runs a function of a program later. One per value of an array or hash. Minimum kernel 5.15.
 *
 * Source: include/uapi/linux/bpf.h.
 */
export const timer: OpaqueLayout = opaque("bpf_timer", 16, 8);

function opaque(tag: OpaqueLayout["tag"], size: number, alignment: number): OpaqueLayout {
  return Object.freeze<OpaqueLayout>({
    kind: "opaque",
    name: `struct ${tag}`,
    tag,
    size,
    alignment,
    read: () => undefined,
    write: (view, offset) => {
      for (let at = offset; at < offset + size; at++) view.setUint8(at, 0);
    },
  });
}
