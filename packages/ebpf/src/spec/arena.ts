/**
 * Specification of arenas: memory that programs and user space share, with pages that come when they are used.
 * @module
 */
import { assertWhole } from "../base/arguments.ts";
import { withKernelMethods } from "./kernel-methods.ts";
import { assertMapName, type KeyedMapSpec, noKey } from "./map-spec.ts";

/** An arena. It has neither keys nor values; its `maxEntries` are pages. */
export type ArenaSpec = KeyedMapSpec<"arena", undefined, undefined>;

/** An arena has at most 4 GiB (kernel/bpf/arena.c, arena_map_alloc): so many pages of 4 KiB. */
const mostPages = 2 ** 20;

/**
 * An arena of up to `pages` pages of memory. Programs take pages with the function `bpf_arena_alloc_pages` of the kernel;
 * what user space touches comes by itself. Minimum kernel 6.9.
 * @throws {InvalidArgumentError} when the number of pages is not from 1 to 2^20.
 */
export function arena(name: string, pages: number): ArenaSpec {
  assertMapName(name);
  assertWhole(pages, `the number of pages of arena "${name}"`, { least: 1, most: mostPages });
  return withKernelMethods({
    kind: "map",
    type: "arena",
    name,
    maxEntries: pages,
    flags: ["mmapable"],
    key: noKey,
    value: noKey,
  });
}
