/**
 * Specifications of XDP programs, which see packets before the kernel does: at an interface, or behind a redirection.
 * @module
 */
import { assertOptions, type Checks, isName, isWord } from "../base/checks.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import type { KernelResult } from "./context/loose.ts";
import type { XdpContext } from "./context/xdp.ts";
import { type ContextProgram, type ProgramCode, programOf } from "./context-program.ts";
import type { Instruction } from "../isa/instruction.ts";
import { programChecks } from "./program-checks.ts";
import {
  type ProgramOptions,
  type ProgramSpec,
  type XdpDeviceUse,
  xdpDeviceUses,
  type XdpMode,
  xdpModes,
  type XdpTarget,
  type XdpWay,
  xdpWays,
} from "./program-spec.ts";
import type { SourceProgramSpec } from "./source-program.ts";
import type { ProgramFlag } from "./words.ts";

/** Options of all XDP programs. */
export interface AnyXdpOptions extends ProgramOptions {
  /**
   * `several`: the program takes packets that lie in more than one piece of memory, of which it sees the first (flag
   * `xdp_has_frags`, libbpf's `xdp.frags`). Interfaces with a large MTU want that. Minimum kernel 5.18.
   */
  readonly fragments?: "one" | "several";
}

/** Options of {@link xdp}. */
export interface XdpOptions extends AnyXdpOptions {
  /** Name of the network interface. Left out: given when attaching. */
  readonly interface?: string;
  /** `any` when left out: in the driver where that can, else behind it. */
  readonly mode?: XdpMode;
  /** `link`, or `netlink` as before Linux 5.9. Left out: a link where the kernel has those. */
  readonly way?: XdpWay;
  /**
   * Loads the program for its interface and no other; the interface has to be named for it. `metadata`: the program may ask the
   * driver what it knows of a packet, by functions of the kernel such as `bpf_xdp_metadata_rx_timestamp` (flag
   * `xdp_dev_bound_only`, minimum kernel 6.3). `offload`: it runs on the card, with mode `hw` (minimum kernel 4.15), which few
   * cards can.
   */
  readonly device?: XdpDeviceUse;
}

/**
 * A program that decides over each packet that arrives at an interface: `XDP_PASS`, `XDP_DROP`, `XDP_TX`,
 * `XDP_REDIRECT`. Minimum kernel 4.8.
 * @throws {InvalidArgumentError} for options that cannot be meant, or a device without an interface.
 */
export function xdp(
  instructions: readonly Instruction[],
  options?: XdpOptions,
): ProgramSpec<XdpTarget>;
export function xdp(
  code: (context: XdpContext) => KernelResult,
  options?: XdpOptions,
): SourceProgramSpec<XdpTarget>;
export function xdp(
  code: ProgramCode,
  options: XdpOptions = {},
): ProgramSpec<XdpTarget> | SourceProgramSpec<XdpTarget> {
  assertOptions(options, xdpChecks, "an XDP program");
  const { interface: name, mode = "any", way, device, ...rest } = options;
  const chosen = { ...(way && { way }), ...(device && { device }) };
  const target: XdpTarget = { kind: "xdp", interface: name, mode, ...chosen };
  if (device !== undefined && name === undefined) {
    throw new InvalidArgumentError(`an XDP program for ${device} says no interface`, {
      hint: 'it is loaded for one interface: say { interface: "eth0" }',
    });
  }
  const bound = device === "metadata" ? boundOnly(rest) : rest;
  return programOf({ type: "xdp", target, expectedAttachType: "xdp", ...plain(bound) }, code);
}

const anyXdpChecks: Checks<AnyXdpOptions> = {
  ...programChecks,
  fragments: isWord(["one", "several"]),
};
const xdpChecks: Checks<XdpOptions> = {
  ...anyXdpChecks,
  interface: isName,
  mode: isWord(xdpModes),
  way: isWord(xdpWays),
  device: isWord(xdpDeviceUses),
};

function boundOnly({ flags = [], ...options }: AnyXdpOptions): AnyXdpOptions {
  return { ...options, flags: [...flags, "xdp_dev_bound_only"] };
}

type BehindRedirection = ContextProgram<XdpContext, { readonly kind: "none" }, AnyXdpOptions>;

/**
 * A program that runs on packets that an XDP program has redirected to an interface, before they leave there: it is put
 * into the devmap together with the interface, `interfaces.set(key, "eth1", program)`. Minimum kernel 5.8.
 */
export const xdpDevmap: BehindRedirection = (code: ProgramCode, options?: AnyXdpOptions) =>
  behindRedirection("xdp_devmap", code, options);

/**
 * A program that runs on packets that an XDP program has redirected to another CPU, on that CPU: it is put into the cpumap
 * together with the queue, `cpus.set(cpu, queueSize, program)`. Minimum kernel 5.9.
 */
export const xdpCpumap: BehindRedirection = (code: ProgramCode, options?: AnyXdpOptions) =>
  behindRedirection("xdp_cpumap", code, options);

function behindRedirection(
  expectedAttachType: "xdp_devmap" | "xdp_cpumap",
  code: ProgramCode,
  options: AnyXdpOptions = {},
): ProgramSpec<{ readonly kind: "none" }> & SourceProgramSpec<{ readonly kind: "none" }> {
  assertOptions(options, anyXdpChecks, "an XDP program");
  const target = { kind: "none" } as const;
  return programOf({ type: "xdp", target, expectedAttachType, ...plain(options) }, code);
}

/** The options of any program, with the flag that stands for those of XDP. */
function plain({ fragments = "one", flags = [], ...options }: AnyXdpOptions): ProgramOptions {
  const fragmentFlags: readonly ProgramFlag[] = fragments === "several" ? ["xdp_has_frags"] : [];
  return { ...options, flags: [...new Set([...flags, ...fragmentFlags])] };
}
