/**
 * Specification of user ring buffers.
 * @module
 */
import { assertLayout } from "../layout/assert-layout.ts";
import type { Layout } from "../layout/layout.ts";
import { withKernelMethods } from "./kernel-methods.ts";
import { assertMapName, assertRingSize, type UserRingbufSpec } from "./map-spec.ts";

/**
 * A ring buffer that user space writes and programs read, with `bpf.userRingbufDrain`. `sizeBytes` is the size of the
 * data area: a power of two and a multiple of the page size. Minimum kernel 6.1.
 * @throws {InvalidArgumentError} when the size is not a power of two of at least 4096.
 */
export function userRingbuf<Value>(
  name: string,
  value: Layout<Value>,
  sizeBytes: number,
): UserRingbufSpec<Value> {
  assertMapName(name);
  assertLayout(value, `the values of ring buffer "${name}"`);
  assertRingSize(name, sizeBytes);
  const spec: UserRingbufSpec<Value> = {
    kind: "map",
    type: "user_ringbuf",
    name,
    maxEntries: sizeBytes,
    flags: [],
    value,
  };
  return withKernelMethods(spec);
}
