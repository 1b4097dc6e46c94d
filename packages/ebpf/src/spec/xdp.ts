/**
 * Specifications of XDP programs, which see packets before the kernel does: at an interface, or behind a redirection.
 * @module
 */
import type { KernelResult } from "./context/loose.ts";
import type { XdpContext } from "./context/xdp.ts";
import { type ContextProgram, type ProgramCode, programOf } from "./context-program.ts";
import type { Instruction } from "../isa/instruction.ts";
import type { ProgramOptions, ProgramSpec, XdpMode, XdpTarget, XdpWay } from "./program-spec.ts";
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
}

/**
 * A program that decides over each packet that arrives at an interface: `XDP_PASS`, `XDP_DROP`, `XDP_TX`,
 * `XDP_REDIRECT`. Minimum kernel 4.8.
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
  { interface: name, mode = "any", way, ...options }: XdpOptions = {},
): ProgramSpec<XdpTarget> | SourceProgramSpec<XdpTarget> {
  const chosen = way === undefined ? {} : { way };
  const target: XdpTarget = { kind: "xdp", interface: name, mode, ...chosen };
  return programOf({ type: "xdp", target, expectedAttachType: "xdp", ...plain(options) }, code);
}

type BehindRedirection = ContextProgram<XdpContext, { readonly kind: "none" }, AnyXdpOptions>;

/**
 * A program that runs on packets that an XDP program has redirected to an interface, before they leave there: it is put
 * into the devmap together with the interface, `interfaces.set(key, "eth1", program)`. Minimum kernel 5.8.
 */
export const xdpDevmap: BehindRedirection = (code: ProgramCode, options: AnyXdpOptions = {}) =>
  programOf(
    {
      type: "xdp",
      target: { kind: "none" },
      expectedAttachType: "xdp_devmap",
      ...plain(options),
    },
    code,
  );

/**
 * A program that runs on packets that an XDP program has redirected to another CPU, on that CPU: it is put into the cpumap
 * together with the queue, `cpus.set(cpu, queueSize, program)`. Minimum kernel 5.9.
 */
export const xdpCpumap: BehindRedirection = (code: ProgramCode, options: AnyXdpOptions = {}) =>
  programOf(
    {
      type: "xdp",
      target: { kind: "none" },
      expectedAttachType: "xdp_cpumap",
      ...plain(options),
    },
    code,
  );

/** The options of any program, with the flag that stands for those of XDP. */
function plain({ fragments = "one", flags = [], ...options }: AnyXdpOptions): ProgramOptions {
  const fragmentFlags: readonly ProgramFlag[] = fragments === "several" ? ["xdp_has_frags"] : [];
  return { ...options, flags: [...new Set([...flags, ...fragmentFlags])] };
}
