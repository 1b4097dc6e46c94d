/**
 * Functions of the kernel that take pages of arenas and give them back (kernel/bpf/arena.c).
 * @module
 */
import type { Core } from "../core.ts";
import { failed } from "../errno.ts";
import { ArenaStore } from "../map/arena-store.ts";
import type { Helper, Machine } from "../vm/machine.ts";
import { u32Of, u64Of } from "./context.ts";

/** Functions on arenas, by name. */
export function arenaKfuncs(kernel: () => Core): Readonly<Record<string, Helper>> {
  const arenaOf = (machine: Machine): ArenaStore | undefined => {
    const { store } = kernel().mapAt(u64Of(machine, 1));
    return store instanceof ArenaStore ? store : undefined;
  };
  return {
    bpf_arena_alloc_pages: (machine) => {
      const [arena, count] = [arenaOf(machine), u32Of(machine, 3)];
      const isMeant = count !== 0 && u64Of(machine, 5) === 0n;
      return arena === undefined || !isMeant ? 0n : arena.allocate(u64Of(machine, 2), count);
    },
    bpf_arena_free_pages: (machine) => {
      const [address, count] = [u64Of(machine, 2), u32Of(machine, 3)];
      if (address !== 0n && count !== 0) arenaOf(machine)?.release(address, count);
      return 0;
    },
    bpf_arena_reserve_pages: (machine) => {
      const [arena, count] = [arenaOf(machine), u32Of(machine, 3)];
      if (arena === undefined) return failed.invalid;
      return count === 0 ? 0 : arena.reserve(u64Of(machine, 2), count);
    },
  };
}
