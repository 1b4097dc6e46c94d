/**
 * Words for probes: what messages call them, and what it means when the kernel refuses one.
 * @module
 */
import { didYouMean } from "../../base/text.ts";
import type { KprobeRequest, ProbeRequest } from "../../kernel/perf-event.ts";
import type { Meaning, Meanings } from "../call/failure.ts";
import type { Files } from "../machine/files.ts";
import { kernelFunctions } from "../machine/kallsyms.ts";

/** What messages call a probe: `kprobe do_exit+0x4`. */
export function probeLabel(probe: ProbeRequest): string {
  if ("path" in probe) return `${probe.kind} ${probe.path}+0x${probe.offset.toString(16)}`;
  const { kind, place, offset } = probe;
  const start = typeof place === "string" ? place : `0x${place.toString(16)}`;
  return offset === 0 ? `${kind} ${start}` : `${kind} ${start}+0x${offset.toString(16)}`;
}

/** What refusals of a probe mean. Names that may have been meant are looked for, which takes some time. */
export function probeMeanings(probe: ProbeRequest, files: Files): Meanings {
  return "path" in probe ? uprobeMeanings : kprobeMeanings(probe, files);
}

const uprobeMeanings: Meanings = {
  ENOENT: { reason: "there is no such file" },
  EINVAL: { reason: "there is no code at this offset, or another probe there counts otherwise" },
  EIO: { reason: "the file is not on a file system that can be probed" },
  ENOTSUPP: { kind: "other", reason: "the instruction at this offset cannot be probed" },
};

/** Answers of register_kprobe and its callers (kernel/kprobes.c, kernel/trace/trace_kprobe.c). */
function kprobeMeanings(probe: KprobeRequest, files: Files): Meanings {
  const known = kernelFunctions(files);
  const missing = missingPlace(probe, known);
  return {
    ENOENT: missing,
    EADDRNOTAVAIL: {
      reason: `several functions are called "${probe.place}"`,
      hint: "give the address of one of them, from /proc/kallsyms",
    },
    EILSEQ: { reason: "no instruction starts at this offset" },
    // Definitions in tracefs are refused so for all that is wrong with them.
    EINVAL: isUnknown(probe, known) ? missing : excluded(probe),
  };
}

/** That the kernel has no such function. */
function missingPlace({ place }: KprobeRequest, known: ReadonlySet<string>): Meaning {
  if (typeof place === "bigint") {
    return { reason: "there is no code of the kernel at this address" };
  }
  const hint = didYouMean(place, known);
  const reason = `the kernel has no function "${place}"`;
  return { kind: "not-found", reason, ...(hint === undefined ? {} : { hint }) };
}

function isUnknown({ place }: KprobeRequest, known: ReadonlySet<string>): boolean {
  // Functions of modules may be given with the module's name in front. A list that is closed says nothing.
  return known.size > 0 && typeof place === "string" && !known.has(place.replace(/^.*:/, ""));
}

function excluded({ kind, offset }: KprobeRequest): Meaning {
  if (kind === "kretprobe" && offset !== 0) {
    return { reason: "return probes belong to the start of a function" };
  }
  return {
    reason: "the kernel does not let this place be probed",
    hint: "functions that probes themselves use are excluded: see /sys/kernel/debug/kprobes/blacklist",
  };
}
