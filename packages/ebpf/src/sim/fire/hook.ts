/**
 * Hooks of security modules, samples of perf events, hooks of netfilter, searches for sockets.
 * @module
 */
import type { Handle } from "../../kernel/handle.ts";
import type { PerfEventName } from "../../spec/program-spec.ts";
import type { NetfilterHook } from "../../spec/network-target.ts";
import { place } from "../attach/place.ts";
import type { Core } from "../core.ts";
import type { Given, GivenObject } from "../typed/given.ts";
import { runForGroup } from "./cgroup.ts";
import type { Called } from "./function.ts";
import { encodeRegisters, type Registers } from "./registers.ts";
import { type Ran, runAttached, type Run, toldOf } from "./run.ts";
import { Scope } from "./scope.ts";

/**
 * Runs the programs at a hook of security modules, those for the current process's control group at last. The first that
 * does not return 0 decides.
 */
export function fireLsm(core: Core, hook: string, args: readonly Given[]): Called {
  using scope = new Scope(core);
  const parameters = core.types.functionParameters(`bpf_lsm_${hook}`);
  const words = scope.arguments(args, parameters);
  const context = scope.words([...words, 0n]);
  const given = { argumentCount: words.length };
  const runs = runAttached(core, core.attachments.at(place.lsm(hook)), context, {
    given,
    each: agrees,
  });
  const refused = runs.find(({ value }) => value !== 0);
  if (refused !== undefined)
    return { runs: toldOf(runs), result: BigInt.asUintN(64, BigInt(refused.value)) };
  const group = core.world.task.cgroupId ?? 1n;
  const inGroup = core.cgroupAttachments(`lsm ${hook}`, group);
  const { ran, returned } = runForGroup(core, inGroup, context, { given });
  return { runs: toldOf([...runs, ...ran]), result: BigInt.asUintN(64, BigInt(returned)) };
}

function agrees({ value }: Ran): boolean {
  return value === 0;
}

/** A sample of a perf event. */
export interface Sample {
  /** `cpu_clock` when left out. */
  readonly event?: PerfEventName;
  readonly registers?: Registers;
  readonly period?: number | bigint;
  readonly addr?: bigint;
}

/** Runs the programs on samples of an event, on the CPU that the world says. */
export function fireSample(core: Core, sample: Sample): readonly Run[] {
  const { event = "cpu_clock", registers = {}, period = 1, addr = 0n } = sample;
  using scope = new Scope(core);
  const regs = encodeRegisters(registers);
  const { address } = scope.context("bpf_perf_event_data", { regs, sample_period: period, addr });
  const attached = core.attachments.at(place.sample(event, core.world.cpu));
  return toldOf(runAttached(core, attached, address, { given: { sampled: event } }));
}

/** A packet at a hook of netfilter. */
export interface NetfilterPacket {
  readonly family?: NetfilterHook["family"];
  readonly hook: NetfilterHook["hook"];
  /** Members of `struct nf_hook_state` and `struct sk_buff`. */
  readonly state?: GivenObject;
  readonly skb?: GivenObject;
}

/** Runs the programs at a hook of netfilter, in the order of their priorities; the first that returns 0 drops the packet. */
export function fireNetfilter(
  core: Core,
  { family = "ipv4", hook, state = {}, skb = {} }: NetfilterPacket,
): { readonly runs: readonly Run[]; readonly verdict: "accept" | "drop" } {
  using scope = new Scope(core);
  const members = { state, skb };
  const context = scope.kernel.object("bpf_nf_ctx", members);
  const attached = core.attachments.at(place.netfilter(family, hook));
  const runs = runAttached(core, attached, context, { each: ({ value }) => value === 1 });
  return { runs: toldOf(runs), verdict: runs.some(({ value }) => value !== 1) ? "drop" : "accept" };
}

/** What a search for a socket came to. */
export interface Lookup {
  readonly runs: readonly Run[];
  /** `pass`: the kernel searches on. */
  readonly verdict: "pass" | "drop" | "assigned";
  /** The socket that was assigned: the handle that was given out when it was added. */
  readonly socket?: Handle;
}

/** Runs the programs that choose a socket for a packet: all of them, and the last one that assigns has its say. */
export function fireSkLookup(core: Core, fields: GivenObject): Lookup {
  using scope = new Scope(core);
  const { address } = scope.context("bpf_sk_lookup", fields);
  let chosen: bigint | undefined;
  const runs: Ran[] = [];
  for (const attachment of core.attachments.at(place.netns("sk_lookup"))) {
    const given = chosen === undefined ? {} : { chosen };
    const ran = runAttached(core, [attachment], address, { given })[0]!;
    runs.push(ran);
    if (ran.value === 1) ({ chosen } = ran.invocation);
  }
  const told = toldOf(runs);
  const socket = core.socketAt(chosen ?? 0n);
  if (socket !== undefined) return { runs: told, verdict: "assigned", socket: socket.handle };
  return { runs: told, verdict: runs.some(({ value }) => value !== 1) ? "drop" : "pass" };
}
