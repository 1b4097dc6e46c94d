/**
 * Specification of tries that find the longest matching prefix, as routing tables do.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import { assertLayout } from "../layout/assert-layout.ts";
import type { Layout } from "../layout/layout.ts";
import {
  assertMapName,
  type KernelMapSpec,
  keyedMapSpec,
  type MapSize,
  withFlag,
} from "./map-spec.ts";

/** `struct bpf_lpm_trie_key`: 4 bytes for the length, then at least one byte of data. */
const shortestKeyBytes = 5;

/**
 * A trie of prefixes. The key is a struct whose first 4 bytes are the number of bits that count, followed by the bits,
 * the first one highest (network order), such as `ipv4Prefix`. Flag `no_prealloc`, which the kernel wants, is set
 * along. Minimum kernel 4.11.
 * @throws {InvalidArgumentError} when the key has no room for bits.
 */
export function lpmTrie<Key, Value>(
  name: string,
  key: Layout<Key>,
  value: Layout<Value>,
  size: MapSize,
): KernelMapSpec<"lpm_trie", Key, Value> {
  assertMapName(name);
  assertLayout(key, `the key of map "${name}"`);
  if (key.size < shortestKeyBytes) {
    throw new InvalidArgumentError(`map "${name}": ${key.name} is no key of a trie`, {
      hint: "its first 4 bytes are the number of bits that count; the bits follow",
    });
  }
  return keyedMapSpec("lpm_trie", name, { key, value }, withFlag(name, size, "no_prealloc"));
}
