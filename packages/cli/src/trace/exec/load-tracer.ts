/**
 * The kernel half of `trace exec`, loaded: with the filters that were asked for, and not attached yet.
 * @module
 */
import { load, resized, type Kernel, type Loaded } from "ts-ebpf";
import { type ExecFilters, filters, wanted, wantedEntries } from "./exec-filter.ts";
import { defaultRingBytes, events, onExec, scratch } from "./exec-program.ts";

/** What there is to choose. */
export interface ExecTracerOptions {
  /** Everything is let through when left out. */
  readonly filters?: ExecFilters;
  /** Size of the ring buffer, a power of two. */
  readonly ringBytes?: number;
}

/** The maps and the program. */
export type ExecTracer = Loaded<{
  readonly events: typeof events;
  readonly filters: typeof filters;
  readonly wanted: typeof wanted;
  readonly scratch: typeof scratch;
  readonly onExec: typeof onExec;
}>;

const noFilters: ExecFilters = { pids: [], parents: [], uids: [], commands: [] };

/**
 * Loads the maps and the program; the caller closes them.
 * @throws {PermissionError} without privileges, {@link NotSupportedError} when the kernel is too old.
 */
export async function loadTracer(
  kernel: Kernel,
  { filters: given = noFilters, ringBytes = defaultRingBytes }: ExecTracerOptions = {},
): Promise<ExecTracer> {
  filters.value = {
    pids: given.pids.length > 0,
    parents: given.parents.length > 0,
    uids: given.uids.length > 0,
    commands: given.commands.length > 0,
  };
  const entries = wantedEntries(given);
  const tracer = await load(
    {
      events: resized(events, ringBytes),
      filters,
      wanted: resized(wanted, Math.max(entries.length, 1)),
      scratch,
      onExec,
    },
    { kernel },
  );
  for (const entry of entries) tracer.wanted.set(entry, 1);
  return tracer;
}
