/**
 * Specifications of programs on control groups: what the processes in one may do on the network, with devices, with
 * settings of the kernel.
 *
 * There is one function for each type of program. Where a type has several places the first argument names one, by the
 * word that libbpf's section names have: `cgroup/connect4` is `cgroupSockAddr("connect4", …)`.
 * @module
 */
import { assertWord } from "../base/arguments.ts";
import { assertOptions } from "../base/checks.ts";
import type { Instruction } from "../isa/instruction.ts";
import type {
  CgroupDeviceContext,
  SockAddrContext,
  SockoptContext,
  SysctlContext,
} from "./context/cgroup.ts";
import type { KernelResult } from "./context/loose.ts";
import type { SockOpsContext } from "./context/sock-ops.ts";
import type { SkbContext } from "./context/socket-buffer.ts";
import type { BpfSock } from "./context/socket.ts";
import { type ContextProgram, type ProgramCode, programOf } from "./context-program.ts";
import { cgroupChecks } from "./program-checks.ts";
import { type CgroupTarget, type ProgramOptions, type ProgramSpec } from "./program-spec.ts";
import type { SourceProgramSpec } from "./source-program.ts";
import type { AttachType, ProgramType } from "./words.ts";

/** Options of programs on control groups. */
export interface CgroupOptions extends ProgramOptions {
  /** Folder of the control group (version 2). Left out: given when attaching. */
  readonly cgroup?: string;
}

/**
 * Calls that take or give an address, and where a program may look at it or change it. Minimum kernels: `sendmsg` 4.18,
 * `recvmsg` 5.2, `getpeername` and `getsockname` 5.8, those of unix sockets 6.7, others 4.17.
 */
export type SockAddrPlace = keyof typeof sockAddrPlaces;

const sockAddrPlaces = {
  bind4: "cgroup_inet4_bind",
  bind6: "cgroup_inet6_bind",
  connect4: "cgroup_inet4_connect",
  connect6: "cgroup_inet6_connect",
  connect_unix: "cgroup_unix_connect",
  sendmsg4: "cgroup_udp4_sendmsg",
  sendmsg6: "cgroup_udp6_sendmsg",
  sendmsg_unix: "cgroup_unix_sendmsg",
  recvmsg4: "cgroup_udp4_recvmsg",
  recvmsg6: "cgroup_udp6_recvmsg",
  recvmsg_unix: "cgroup_unix_recvmsg",
  getpeername4: "cgroup_inet4_getpeername",
  getpeername6: "cgroup_inet6_getpeername",
  getpeername_unix: "cgroup_unix_getpeername",
  getsockname4: "cgroup_inet4_getsockname",
  getsockname6: "cgroup_inet6_getsockname",
  getsockname_unix: "cgroup_unix_getsockname",
} as const;

/**
 * A program that lets a call with an address happen (1) or refuses it (0). At `recvmsg`, `getpeername` and `getsockname`
 * it cannot refuse, and returns 1. Minimum kernel 4.17.
 */
export function cgroupSockAddr(
  place: SockAddrPlace,
  instructions: readonly Instruction[],
  options?: CgroupOptions,
): ProgramSpec<CgroupTarget>;
export function cgroupSockAddr(
  place: SockAddrPlace,
  code: (context: SockAddrContext) => KernelResult,
  options?: CgroupOptions,
): SourceProgramSpec<CgroupTarget>;
export function cgroupSockAddr(
  place: SockAddrPlace,
  code: ProgramCode,
  options?: CgroupOptions,
): ProgramSpec<CgroupTarget> | SourceProgramSpec<CgroupTarget> {
  assertWord(place, Object.keys(sockAddrPlaces), "the place of a program on addresses of sockets");
  return cgroupProgram("cgroup_sock_addr", sockAddrPlaces[place], code, options);
}

/** When in the life of a socket a program looks at it. Minimum kernels: `post_bind` 4.17, `sock_release` 5.9, others 4.10. */
export type SockPlace = keyof typeof sockPlaces;

const sockPlaces = {
  sock_create: "cgroup_inet_sock_create",
  sock_release: "cgroup_inet_sock_release",
  post_bind4: "cgroup_inet4_post_bind",
  post_bind6: "cgroup_inet6_post_bind",
} as const;

/**
 * A program that lets a socket be made or bound (1) or refuses it (0); at `sock_release` it only looks on. Minimum
 * kernel 4.10.
 */
export function cgroupSock(
  place: SockPlace,
  instructions: readonly Instruction[],
  options?: CgroupOptions,
): ProgramSpec<CgroupTarget>;
export function cgroupSock(
  place: SockPlace,
  code: (context: BpfSock) => KernelResult,
  options?: CgroupOptions,
): SourceProgramSpec<CgroupTarget>;
export function cgroupSock(
  place: SockPlace,
  code: ProgramCode,
  options?: CgroupOptions,
): ProgramSpec<CgroupTarget> | SourceProgramSpec<CgroupTarget> {
  assertWord(
    place,
    Object.keys(sockPlaces),
    "the place of a program on sockets of a control group",
  );
  return cgroupProgram("cgroup_sock", sockPlaces[place], code, options);
}

/** A program that lets packets of the group's sockets pass (1) or drops them (0). Minimum kernel 4.10. */
export function cgroupSkb(
  direction: "ingress" | "egress",
  instructions: readonly Instruction[],
  options?: CgroupOptions,
): ProgramSpec<CgroupTarget>;
export function cgroupSkb(
  direction: "ingress" | "egress",
  code: (context: SkbContext) => KernelResult,
  options?: CgroupOptions,
): SourceProgramSpec<CgroupTarget>;
export function cgroupSkb(
  direction: "ingress" | "egress",
  code: ProgramCode,
  options?: CgroupOptions,
): ProgramSpec<CgroupTarget> | SourceProgramSpec<CgroupTarget> {
  assertWord(direction, ["ingress", "egress"], "the direction of packets of a control group");
  return cgroupProgram("cgroup_skb", `cgroup_inet_${direction}`, code, options);
}

/** A program on calls of `getsockopt` or `setsockopt`: 1 lets it happen, 0 refuses. Minimum kernel 5.3. */
export function cgroupSockopt(
  call: "getsockopt" | "setsockopt",
  instructions: readonly Instruction[],
  options?: CgroupOptions,
): ProgramSpec<CgroupTarget>;
export function cgroupSockopt(
  call: "getsockopt" | "setsockopt",
  code: (context: SockoptContext) => KernelResult,
  options?: CgroupOptions,
): SourceProgramSpec<CgroupTarget>;
export function cgroupSockopt(
  call: "getsockopt" | "setsockopt",
  code: ProgramCode,
  options?: CgroupOptions,
): ProgramSpec<CgroupTarget> | SourceProgramSpec<CgroupTarget> {
  assertWord(call, ["getsockopt", "setsockopt"], "the call of a program on options of sockets");
  return cgroupProgram("cgroup_sockopt", `cgroup_${call}`, code, options);
}

/** Programs with one place each. */
type CgroupProgram<Context> = ContextProgram<Context, CgroupTarget, CgroupOptions>;

/** A program that lets an access to a device file happen (1) or refuses it (0). Minimum kernel 4.15. */
export const cgroupDevice: CgroupProgram<CgroupDeviceContext> = (
  code: ProgramCode,
  options?: CgroupOptions,
) => cgroupProgram("cgroup_device", "cgroup_device", code, options);

/** A program on reads and writes of /proc/sys: 1 lets it happen, 0 refuses. Minimum kernel 5.2. */
export const cgroupSysctl: CgroupProgram<SysctlContext> = (
  code: ProgramCode,
  options?: CgroupOptions,
) => cgroupProgram("cgroup_sysctl", "cgroup_sysctl", code, options);

/** A program on events of the group's TCP sockets, told apart by `op`. It returns 1. Minimum kernel 4.13. */
export const sockOps: CgroupProgram<SockOpsContext> = (
  code: ProgramCode,
  options?: CgroupOptions,
) => cgroupProgram("sock_ops", "cgroup_sock_ops", code, options);

function cgroupProgram(
  type: ProgramType,
  expectedAttachType: AttachType,
  code: ProgramCode,
  given: CgroupOptions = {},
): ProgramSpec<CgroupTarget> & SourceProgramSpec<CgroupTarget> {
  assertOptions(given, cgroupChecks, "a program on a control group");
  const { cgroup, ...options } = given;
  const target: CgroupTarget = { kind: "cgroup", cgroup };
  return programOf({ type, target, expectedAttachType, ...options }, code);
}
