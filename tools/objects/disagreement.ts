/**
 * Where two loaders' verdicts on an object differ, and which differences have one cause.
 * @module
 */
import type { Verdict } from "./verdict.ts";

/** Verdicts of both loaders on one object. */
export interface Comparison {
  readonly object: string;
  readonly theirs: Verdict;
  readonly ours: Verdict;
  /** `undefined` when both made the same of it. */
  readonly disagreement: string | undefined;
}

/** What bpftool's verdict is when it takes too long: the verifier may take minutes. */
export const hangs = "it hangs";

/** What is different; `undefined` when both made the same, or both refused. */
export function disagreementOf(theirs: Verdict, ours: Verdict): string | undefined {
  const bothHang = ours.refused?.startsWith("HANG") === true && theirs.refused === hangs;
  if (/^(CRASH|HANG)/.test(ours.refused ?? "") && !bothHang) return causeOf(ours.refused!);
  if (theirs.refused !== undefined) return undefined;
  if (ours.refused !== undefined) return `we refuse: ${causeOf(ours.refused)}`;
  return (
    differenceOf("map", theirs.maps, ours.maps) ??
    differenceOf("program", theirs.programs, ours.programs)
  );
}

type Described = Readonly<Record<string, object>>;

/** What `theirs` has and `ours` has not, or otherwise. Names of files on a bpffs have no dots. */
function differenceOf(what: string, theirs: Described, ours: Described): string | undefined {
  const here = new Map(
    Object.entries(ours).map(([name, found]) => [name.replaceAll(".", "_"), found]),
  );
  for (const [name, their] of Object.entries(theirs)) {
    const our = here.get(name.replaceAll(".", "_"));
    if (our === undefined) return `${what} missing here`;
    for (const [key, value] of Object.entries(their)) {
      if (value !== (our as Record<string, unknown>)[key]) return `${what}s differ in ${key}`;
    }
  }
  return Object.keys(ours).length > Object.keys(theirs).length ? `${what} only here` : undefined;
}

/** A message without the names and numbers that differ from object to object. */
export function causeOf(message: string): string {
  return message
    .split("\n")[0]!
    .replaceAll(/"[^"]*"/g, "…")
    .replaceAll(/\S*\/\S*/g, "…")
    .replaceAll(/0x[0-9a-f]+|\b\d+\b/g, "N")
    .slice(0, 140);
}
