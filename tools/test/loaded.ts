/**
 * What the kernel has loaded: programs, maps and links, and which of them no process holds.
 *
 * The kernel does not say who loaded something. But when a run is over, whatever appeared meanwhile and is held by no
 * living process, directly or through a program or link that one holds, can only be what the run left attached or pinned.
 * @module
 */
import { readFileSync, readdirSync } from "node:fs";
import { links, maps, programs } from "../../packages/ebpf/src/inspect/enumerate.ts";
import type { ObjectInfo } from "../../packages/ebpf/src/kernel/info.ts";
import type { Kernel } from "../../packages/ebpf/src/kernel/kernel.ts";

/** Something the kernel has loaded. */
export interface Loaded {
  /** Kind and number, as `/proc/PID/fdinfo` calls them: `prog 12`, `map 3`, `link 7`. */
  readonly id: string;
  /** For people: `prog 12 (tracepoint on_exec)`. */
  readonly label: string;
  /** Ids of what it keeps alive. */
  readonly keeps: readonly string[];
}

/**
 * Every program, map and link that is loaded. Needs CAP_SYS_ADMIN.
 *
 * Arrays of programs are left out: the kernel empties one when its last holder lets go, and if somebody looks at it by its
 * id just then, it counts a hold too many and never frees it (`prog_array_map_clear` in kernel/bpf/arraymap.c). What would
 * keep one on purpose is seen: a pin, or a program.
 */
export function listLoaded(kernel: Kernel): readonly Loaded[] {
  const counted = [...maps(kernel)].filter(({ type }) => type !== "prog_array");
  return [...programs(kernel), ...counted, ...links(kernel)].map(describe);
}

/** What is in `now`, was not in `before`, and is kept alive by none of the `held` ids. */
export function orphans(
  before: readonly Loaded[],
  now: readonly Loaded[],
  held: Iterable<string>,
): readonly Loaded[] {
  const excused = new Set(before.map(({ id }) => id));
  const keeps = new Map(now.map(({ id, keeps: kept }) => [id, kept]));
  const pending = [...held];
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    excused.add(id);
    pending.push(...(keeps.get(id) ?? []));
  }
  return now.filter(({ id }) => !excused.has(id));
}

/** Ids of what the processes of this machine hold by a descriptor; `fdinfo` has lines like `prog_id: 12`. */
export function heldByProcesses(): readonly string[] {
  return orWhenGone(() => readdirSync("/proc"), [])
    .filter((name) => /^\d+$/.test(name))
    .map((process) => `/proc/${process}/fdinfo`)
    .flatMap((folder) => orWhenGone(() => readdirSync(folder), []).map((fd) => `${folder}/${fd}`))
    .map((path) => orWhenGone(() => readFileSync(path, "utf8"), ""))
    .flatMap((text) => [...text.matchAll(/^(prog|map|link)_id:\s*(\d+)$/gm)])
    .map(([, kind, id]) => `${kind} ${id}`);
}

/** What `read` returns, or `otherwise` where the process or its descriptor is gone meanwhile. */
function orWhenGone<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

function describe(info: ObjectInfo): Loaded {
  const kind = info.kind === "program" ? "prog" : info.kind;
  const id = `${kind} ${info.id}`;
  const type = "type" in info ? `${info.type} ` : "";
  const name = "name" in info ? info.name : "";
  return { id, label: `${id} (${`${type}${name}`.trim()})`, keeps: keptBy(info) };
}

function keptBy(info: ObjectInfo): readonly string[] {
  if (info.kind === "program") return info.mapIds.map((id) => `map ${id}`);
  return info.kind === "link" ? [`prog ${info.programId}`] : [];
}
