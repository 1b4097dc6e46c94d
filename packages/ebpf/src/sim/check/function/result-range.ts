/**
 * What programs of a type may return: `check_return_code` of kernel/bpf/verifier.c.
 * @module
 */
import type { CheckedProgram } from "../program.ts";
import { Refusal } from "../refusal.ts";
import type { Value } from "../state/value.ts";

/** Refuses results, in `R0` or elsewhere, that programs of this type must not have. Whether it matters what the result is. */
export function assertResult(program: CheckedProgram, result: Value, register = "R0"): boolean {
  const range = rangeOf(program);
  if (range === undefined) return false;
  const [least, most] = range;
  if (result.kind !== "scalar") {
    throw new Refusal(`At program exit the register ${register} is not a known value`, "EINVAL");
  }
  const { smin, smax } = result.low;
  if (smin >= least && smax <= most) return true;
  const seen = `smin=${smin} smax=${smax}`;
  throw new Refusal(
    `At program exit the register ${register} has ${seen} should have been in [${least}, ${most}]`,
    "EINVAL",
  );
}

function rangeOf(program: CheckedProgram): readonly [bigint, bigint] | undefined {
  const { type } = program;
  const place: string = program.expectedAttachType ?? "";
  if (type === "cgroup_skb") return place === "cgroup_inet_egress" ? [0n, 3n] : [0n, 1n];
  if (type === "cgroup_sock_addr") return addressRange(place);
  if (place === "trace_fentry" || place === "trace_fexit") return [0n, 0n];
  return zeroOrOne.has(type) || zeroOrOneAt.has(place) ? [0n, 1n] : undefined;
}

function addressRange(place: string): readonly [bigint, bigint] {
  if (/recvmsg|getpeername|getsockname/.test(place)) return [1n, 1n];
  return place === "cgroup_inet4_bind" || place === "cgroup_inet6_bind" ? [0n, 3n] : [0n, 1n];
}

/** Places of programs whose types leave it open elsewhere. */
const zeroOrOneAt: ReadonlySet<string> = new Set([
  "trace_iter",
  "trace_kprobe_session",
  "trace_uprobe_session",
]);

const zeroOrOne: ReadonlySet<string> = new Set([
  "cgroup_sock",
  "sock_ops",
  "cgroup_device",
  "cgroup_sysctl",
  "cgroup_sockopt",
  "sk_lookup",
  "netfilter",
]);
