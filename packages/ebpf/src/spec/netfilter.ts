/**
 * Specification of programs on the hooks of netfilter, between which the kernel filters and tracks packets.
 * @module
 */
import { assertWord } from "../base/arguments.ts";
import {
  assertOptions,
  type Checks,
  isAnything,
  isListOf,
  isObject,
  isWord,
} from "../base/checks.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import type { NetfilterContext } from "./context/netfilter.ts";
import { type ContextProgram, type ProgramCode, programOf } from "./context-program.ts";
import type { NetfilterHook, NetfilterTarget } from "./network-target.ts";
import { programChecks } from "./program-checks.ts";
import { type ProgramOptions } from "./program-spec.ts";

/** Options of {@link netfilter}: the place, of which family and hook go together, or nothing of it. */
export interface NetfilterOptions extends ProgramOptions {
  /** Left out: given when attaching. */
  readonly hook?: NetfilterHook;
}

/**
 * A program that decides over packets on their way through the kernel: `NF_ACCEPT` (1) or `NF_DROP` (0). Minimum kernel 6.4.
 * @throws {InvalidArgumentError} for a priority the kernel does not give to programs.
 */
export const netfilter: ContextProgram<NetfilterContext, NetfilterTarget, NetfilterOptions> = (
  code: ProgramCode,
  options: NetfilterOptions = {},
) => {
  assertOptions(options, { ...programChecks, hook: isObject }, "a netfilter program");
  const { hook, ...rest } = options;
  if (hook !== undefined) assertNetfilterHook(hook);
  const target: NetfilterTarget = { kind: "netfilter", hook };
  return programOf({ type: "netfilter", target, expectedAttachType: "netfilter", ...rest }, code);
};

/** Largest and smallest priority, which the kernel keeps for itself (net/netfilter/nf_bpf_link.c). */
const last = 0x7fff_ffff;
const first = -0x8000_0000;
/** NF_IP_PRI_CONNTRACK_DEFRAG of include/uapi/linux/netfilter_ipv4.h. */
const defragmented = -400;

const families: readonly NetfilterHook["family"][] = ["ipv4", "ipv6"];
const hooks: readonly NetfilterHook["hook"][] = [
  "pre_routing",
  "local_in",
  "forward",
  "local_out",
  "post_routing",
];

const hookChecks: Checks<NetfilterHook> = {
  family: isAnything,
  hook: isAnything,
  priority: isAnything,
  flags: isListOf(isWord(["ip_defrag"])),
};

/** @throws {InvalidArgumentError} for a priority the kernel does not give to programs, or a word that is none. */
export function assertNetfilterHook(place: NetfilterHook): void {
  assertOptions(place, hookChecks, "the hook of a netfilter program");
  const { family, hook, priority, flags = [] } = place;
  assertWord(family, families, "the family of a netfilter program");
  assertWord(hook, hooks, "the hook of a netfilter program");
  if (!Number.isInteger(priority) || priority <= first || priority >= last) {
    throw new InvalidArgumentError(`the priority of a netfilter program is ${String(priority)}`, {
      hint: `give a whole number between ${first} and ${last}`,
    });
  }
  if (flags.includes("ip_defrag") && priority <= defragmented) {
    throw new InvalidArgumentError(
      `at priority ${priority} fragments have not been put together yet`,
      { hint: `with ip_defrag give a priority above ${defragmented}` },
    );
  }
}
