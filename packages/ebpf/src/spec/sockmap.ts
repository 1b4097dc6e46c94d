/**
 * Specifications of maps of sockets, between which programs pass messages and packets on.
 * @module
 */
import { u32, u64 } from "../layout/integer.ts";
import type { Layout } from "../layout/layout.ts";
import { withKernelMethods } from "./kernel-methods.ts";
import {
  keyedMapData,
  keyedMapSpec,
  type KernelMapSpec,
  type KeyedMapSpec,
  type MapSize,
} from "./map-spec.ts";

/** Sockets by index; what user space reads back is the socket's cookie. Minimum kernel 4.14. */
export function sockmap(name: string, size: MapSize): KernelMapSpec<"sockmap", number, bigint> {
  return keyedMapSpec("sockmap", name, { key: u32, value: u64 }, size);
}

/**
 * Listening TCP or bound UDP sockets with SO_REUSEPORT, by index, among which a `sk_reuseport` program chooses
 * (`bpf.skSelectReuseport`). What user space reads back is the socket's cookie. Minimum kernel 4.19.
 */
export function reuseportSockarray(
  name: string,
  size: MapSize,
): KeyedMapSpec<"reuseport_sockarray", number, bigint> {
  return withKernelMethods(
    keyedMapData("reuseport_sockarray", name, { key: u32, value: u64 }, size),
  );
}

/** Sockets by key. Minimum kernel 4.18. */
export function sockhash<Key>(
  name: string,
  key: Layout<Key>,
  size: MapSize,
): KernelMapSpec<"sockhash", Key, bigint> {
  return keyedMapSpec("sockhash", name, { key, value: u64 }, size);
}
