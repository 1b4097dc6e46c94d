/**
 * Specifications of programs on sockets: which packets one gets, which socket a packet gets, where bytes go instead.
 * @module
 */
import { assertWord } from "../base/arguments.ts";
import { assertOptions, isName, isWord } from "../base/checks.ts";
import type { Instruction } from "../isa/instruction.ts";
import type { KernelResult } from "./context/loose.ts";
import type { SkLookupContext } from "./context/sk-lookup.ts";
import type { SkMsgContext } from "./context/sk-msg.ts";
import type { SkReuseportContext } from "./context/sk-reuseport.ts";
import type { SkbContext } from "./context/socket-buffer.ts";
import { type ContextProgram, type ProgramCode, programOf } from "./context-program.ts";
import { isMapSpec, type MapSpec } from "./map-spec.ts";
import { programChecks } from "./program-checks.ts";
import { type ProgramOptions, type ProgramSpec, type SockmapTarget } from "./program-spec.ts";
import type { SourceProgramSpec } from "./source-program.ts";
import type { AttachType } from "./words.ts";

/** Options of programs on a network namespace. */
export interface NetnsOptions extends ProgramOptions {
  /** File of the network namespace; that of this process when left out. */
  readonly netns?: string;
}

type NetnsTarget<Kind extends "sk_lookup" | "flow_dissector"> = {
  readonly kind: Kind;
  readonly netns: string;
};

const ownNetns = "/proc/self/ns/net";

/**
 * A program that chooses the socket for a packet to a listening or unconnected socket of a network namespace: `SK_PASS`
 * with the one it assigned (`bpf.skAssign`), or without as usual; `SK_DROP`. Minimum kernel 5.9.
 */
export const skLookup: ContextProgram<SkLookupContext, NetnsTarget<"sk_lookup">, NetnsOptions> = (
  code: ProgramCode,
  options?: NetnsOptions,
) => netnsProgram("sk_lookup", code, options);

/** A program that takes packets apart for the kernel's hashing of flows. Minimum kernel 4.20 (5.7 to attach here). */
export const flowDissector: ContextProgram<
  SkbContext,
  NetnsTarget<"flow_dissector">,
  NetnsOptions
> = (code: ProgramCode, options?: NetnsOptions) => netnsProgram("flow_dissector", code, options);

function netnsProgram<const Kind extends "sk_lookup" | "flow_dissector">(
  kind: Kind,
  code: ProgramCode,
  options: NetnsOptions = {},
): ProgramSpec<NetnsTarget<Kind>> & SourceProgramSpec<NetnsTarget<Kind>> {
  assertOptions(options, { ...programChecks, netns: isName }, `a program of type ${kind}`);
  const { netns = ownNetns, ...rest } = options;
  return programOf(
    { type: kind, target: { kind, netns }, expectedAttachType: kind, ...rest },
    code,
  );
}

type Nowhere = { readonly kind: "none" };

/**
 * A program that says how many bytes of a packet a socket gets; 0 drops it. It is attached to a socket with
 * `attachSocketFilter`. Minimum kernel 3.19.
 */
export const socketFilter: ContextProgram<SkbContext, Nowhere, ProgramOptions> = (
  code: ProgramCode,
  options: ProgramOptions = {},
) => {
  assertOptions(options, programChecks, "a socket filter");
  return programOf({ type: "socket_filter", target: { kind: "none" }, ...options }, code);
};

/** Options of {@link skReuseport}. */
export interface SkReuseportOptions extends ProgramOptions {
  /**
   * `migrate`: the program is also asked where the connections of a socket go that stops listening. Minimum kernel 5.14.
   */
  readonly role?: "select" | "migrate";
}

/**
 * A program that chooses among the sockets that share a port (`SO_REUSEPORT`), mostly with `bpf.skSelectReuseport` and a
 * map of them: `SK_PASS` with the chosen one, or by hash when none was chosen; `SK_DROP`. It is attached to one socket of the
 * group with `attachReuseport`. Minimum kernel 4.19.
 */
export const skReuseport: ContextProgram<SkReuseportContext, Nowhere, SkReuseportOptions> = (
  code: ProgramCode,
  options: SkReuseportOptions = {},
) => {
  const roles = isWord(["select", "migrate"]);
  assertOptions(options, { ...programChecks, role: roles }, "a program of type sk_reuseport");
  const { role = "select", ...rest } = options;
  // Kernels before 5.14 have no attach types for it and take none.
  const migrates = role === "migrate";
  const place = migrates ? ({ expectedAttachType: "sk_reuseport_select_or_migrate" } as const) : {};
  return programOf({ type: "sk_reuseport", target: { kind: "none" }, ...place, ...rest }, code);
};

/** Options of programs on maps of sockets. */
export interface SockmapOptions extends ProgramOptions {
  /** The sockmap or sockhash whose sockets the program is for. Left out: given when attaching. */
  readonly map?: MapSpec;
}

type SockmapProgram<Context> = ContextProgram<Context, SockmapTarget, SockmapOptions>;

/** A program on what is sent through the sockets of a map: `SK_PASS`, `SK_DROP`. Minimum kernel 4.17. */
export const skMsg: SockmapProgram<SkMsgContext> = (code: ProgramCode, options?: SockmapOptions) =>
  sockmapProgram({ type: "sk_msg", expectedAttachType: "sk_msg_verdict" }, code, options);

/**
 * A program on what the sockets of a map receive: `verdict` (minimum kernel 5.13) and `stream_verdict` (4.14) return
 * `SK_PASS` or `SK_DROP`, `stream_parser` (4.14) the length of the next message.
 */
export function skSkb(
  place: "verdict" | "stream_verdict" | "stream_parser",
  instructions: readonly Instruction[],
  options?: SockmapOptions,
): ProgramSpec<SockmapTarget>;
export function skSkb(
  place: "verdict" | "stream_verdict" | "stream_parser",
  code: (context: SkbContext) => KernelResult,
  options?: SockmapOptions,
): SourceProgramSpec<SockmapTarget>;
export function skSkb(
  place: "verdict" | "stream_verdict" | "stream_parser",
  code: ProgramCode,
  options?: SockmapOptions,
): ProgramSpec<SockmapTarget> | SourceProgramSpec<SockmapTarget> {
  assertWord(place, skbPlaces, "the place of a program on what sockets receive");
  return sockmapProgram({ type: "sk_skb", expectedAttachType: `sk_skb_${place}` }, code, options);
}

const skbPlaces = ["verdict", "stream_verdict", "stream_parser"] as const;

interface SockmapPlace {
  readonly type: "sk_msg" | "sk_skb";
  readonly expectedAttachType: AttachType;
}

function sockmapProgram(
  place: SockmapPlace,
  code: ProgramCode,
  options: SockmapOptions = {},
): ProgramSpec<SockmapTarget> & SourceProgramSpec<SockmapTarget> {
  assertOptions(options, { ...programChecks, map: isMapSpec }, `a program of type ${place.type}`);
  const { map, ...rest } = options;
  const target: SockmapTarget = { kind: "sockmap", map: map?.name };
  return programOf({ ...place, target, ...rest }, code);
}
