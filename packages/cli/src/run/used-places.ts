/**
 * Whether the places that options give are the place of any program: one that nothing attaches to is a mistake of whoever
 * gave it, and would go unseen.
 * @module
 */
import type { CollectionSpec, ProgramSpec } from "ts-ebpf";
import { UsageError } from "../usage-error.ts";
import type { Places } from "./attach-all.ts";

type Target = ProgramSpec["target"];

/** Which option completes targets of a kind. */
const optionOf: { readonly [Kind in Target["kind"]]?: keyof Places } = {
  xdp: "interface",
  tcx: "interface",
  tc: "interface",
  netkit: "interface",
  cgroup: "cgroup",
  lsm_cgroup: "cgroup",
  uprobe: "pid",
  uretprobe: "pid",
  uprobe_multi: "pid",
  uretprobe_multi: "pid",
  uprobe_session: "pid",
  usdt: "pid",
  perf_event: "pid",
};

const kindsOf: { readonly [Option in keyof Places]-?: string } = {
  interface: "attaches to an interface that the file leaves open",
  cgroup: "attaches to a control group that the file leaves open",
  pid: "is a probe or sample of processes that the file leaves open",
};

/** @throws {UsageError} when an option names a place that no program of `specs` attaches to. */
export function assertPlacesUsed(specs: CollectionSpec, places: Places): void {
  const targets = Object.entries(specs).flatMap(([name, spec]) =>
    spec.kind !== "map" && "target" in spec ? [{ name, target: spec.target }] : [],
  );
  for (const option of ["interface", "cgroup", "pid"] as const) {
    const place = places[option];
    if (place === undefined) continue;
    if (targets.some(({ target }) => isFor(target, option, place))) continue;
    const told = targets.map(({ name, target }) => `${name} is for ${textOf(target)}`);
    throw new UsageError(`--${option} ${place}: no program ${kindsOf[option]}`, {
      hint: `leave it out: ${told.join(", ")}`,
    });
  }
}

/** Whether a target leaves open what an option says, or says the same. */
function isFor(target: Target, option: keyof Places, place: string | number): boolean {
  if (optionOf[target.kind] !== option) return false;
  const said = (target as Places)[option];
  return said === undefined || said === place;
}

/** A target in short: `raw tracepoint sys_enter`, `xdp at lo`. */
function textOf({ kind, ...parts }: Target): string {
  const { name, hook, symbol, path } = parts as Readonly<Record<string, unknown>>;
  const what = [name, hook, symbol, path].find((it) => typeof it === "string");
  const option = optionOf[kind];
  const place = option === undefined ? undefined : (parts as Places)[option];
  const words = kind === "none" ? "no place" : kind.replaceAll("_", " ");
  const at = place === undefined ? "" : ` (${option} ${place})`;
  return `${words}${what === undefined ? "" : ` ${what}`}${at}`;
}
