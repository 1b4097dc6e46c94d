/**
 * Calls of helpers: whether a program may, what it must pass, and what is known afterwards.
 *
 * What a helper takes is told by its signature in the registry; a rule for each kind of parameter checks the register
 * (`argument.ts`), and another says what it gives (`result.ts`). `check_helper_call` of kernel/bpf/verifier.c.
 * @module
 */
import { helperSymbol } from "../../../helper/helper-id.ts";
import { findHelper, type HelperSignature } from "../../../helper/helper-signature.ts";
import { memberName } from "../context/function-arguments.ts";
import type { Surroundings } from "../memory/access.ts";
import { originFrom } from "../number/origin.ts";
import { unknownScalar } from "../number/scalar.ts";
import { endDynptrs, movesItsPacket } from "../object/dynptr.ts";
import { changeLock } from "../object/lock.ts";
import type { CheckedProgram } from "../program.ts";
import { Refusal, Undecided } from "../refusal.ts";
import { assertNothingHeld } from "../state/held.ts";
import { currentFrame, replaceValues, type State } from "../state/state.ts";
import { isPointer, unset, type Value } from "../state/value.ts";
import { type Call, checkArgument } from "./argument.ts";
import { mayCall } from "./availability.ts";
import { followCallback } from "./callback.ts";
import { forgetPacket, movesPacket } from "./changes-packet.ts";
import { assertMapFits } from "./maps.ts";
import { resultOf } from "./result.ts";

/** Checks the call of helper `id` and sets the registers to what they are afterwards. */
export function callHelper(around: Surroundings, id: number): void {
  const symbol = helperSymbol(id);
  const helper = symbol === undefined ? undefined : findHelper(symbol);
  if (symbol === undefined || helper === undefined) {
    throw new Refusal(`invalid func unknown#${id}`, "EINVAL");
  }
  assertMayCall(around, helper, id);
  const { registers } = currentFrame(around.state);
  const call: Call = {
    around,
    helper,
    registers,
    map: undefined,
    mapId: 0,
    field: undefined,
    size: undefined,
    key: undefined,
    released: 0,
    dynptr: undefined,
  };
  for (const [index, parameter] of helper.parameters.entries()) {
    checkArgument(call, parameter, index + 1);
  }
  if (call.map !== undefined) assertMapFits(around.program, call.map, helper.name);
  if (helper.name === "tail_call") assertNothingHeld(around.state, "tail_call");
  changeLock(call);
  followCallback(around, helper.name, call.map);
  afterCall(call, resultOf(call));
}

function assertMayCall(
  { program, state }: Surroundings,
  helper: HelperSignature,
  id: number,
): void {
  const symbol = `bpf_${helper.name}#${id}`;
  const isOfSockets = socketOptions.has(helper.name) && iteratesSockets(program);
  const retiring =
    socketOptions.has(helper.name) && memberName(program) === "tcp_congestion_ops.release";
  const usual = isOfSockets ? true : !retiring && mayCall(program, id);
  const allowed = retval.has(helper.name) ? mayUseRetval(program) : usual;
  if (allowed === undefined) throw new Undecided(`helpers of ${program.type} programs`);
  if (!allowed) throw new Refusal(`program of this type cannot use helper ${symbol}`, "EINVAL");
  if (helper.gplOnly && !isGpl(program.license)) {
    throw new Refusal(
      "cannot call GPL-restricted function from non-GPL compatible program",
      "EINVAL",
    );
  }
  if (helper.mightSleep === true) assertMaySleep(state);
  if (state.locks.length > 0 && helper.name !== "spin_unlock") {
    throw new Refusal("function calls are not allowed while holding a lock", "EINVAL");
  }
}

function assertMaySleep(state: State): void {
  if (!state.sleepable) {
    throw new Refusal("helper call might sleep in a non-sleepable prog", "EINVAL");
  }
  if (state.rcu > 0) throw new Refusal("sleepable helper in rcu_read_lock region", "EINVAL");
  if (state.preempt > 0) throw new Refusal("sleepable helper in non-preemptible region", "EINVAL");
  if (state.irqs.length > 0) throw new Refusal("sleepable helper in IRQ-disabled region", "EINVAL");
}

const socketOptions: ReadonlySet<string> = new Set(["setsockopt", "getsockopt"]);

function iteratesSockets({
  kernelTypes,
  attachBtfId = 0,
  expectedAttachType,
}: CheckedProgram): boolean {
  const name =
    expectedAttachType === "trace_iter" ? kernelTypes?.typeById(attachBtfId).name : undefined;
  return name !== undefined && /^bpf_iter_(tcp|udp|unix)$/.test(name);
}

const retval: ReadonlySet<string> = new Set(["get_retval", "set_retval"]);

/** Places where a program has no say in what the system call returns: `cgroup_common_func_proto`. */
const withoutRetval =
  /^cgroup_(inet_ingress|inet_egress|sock_ops|udp[46]_recvmsg|unix_recvmsg|(inet[46]|unix)_get(peer|sock)name)$/;
const withRetval: ReadonlySet<string> = new Set([
  "cgroup_sock",
  "cgroup_sock_addr",
  "cgroup_sockopt",
  "cgroup_device",
  "cgroup_sysctl",
]);

function mayUseRetval({
  type,
  expectedAttachType = "cgroup_inet_ingress",
}: CheckedProgram): boolean {
  return withRetval.has(type) && !withoutRetval.test(expectedAttachType);
}

/** Licences of `license_is_gpl_compatible` (include/linux/license.h). */
export function isGpl(license: string): boolean {
  return gplLicenses.has(license);
}

const gplLicenses: ReadonlySet<string> = new Set([
  "GPL",
  "GPL v2",
  "GPL and additional rights",
  "Dual BSD/GPL",
  "Dual MIT/GPL",
  "Dual MPL/GPL",
]);

/** The argument registers are lost; so are packet pointers when the packet may have moved, and what was released. */
function afterCall({ around, helper, registers, released, dynptr }: Call, result: Value): void {
  for (let register = 1; register <= 5; register++) registers[register] = unset;
  const fresh = result.kind === "scalar" && result.origin === undefined;
  registers[0] = fresh ? { ...result, origin: originFrom() } : result;
  const written = helper.name === "dynptr_write" && dynptr !== undefined && movesItsPacket(dynptr);
  if (written || movesPacket.has(helper.name)) forgetPacket(around.state);
  if (released !== 0) release(around.state, released);
}

/** Ends a reference: what leads to it are numbers from now on. */
export function release(state: State, reference: number): void {
  if (!state.references.delete(reference)) {
    throw new Refusal("reference has not been acquired before", "EINVAL");
  }
  endDynptrs(state, reference);
  replaceValues(state, (it) =>
    isPointer(it) && it.reference === reference ? { ...unknownScalar, origin: originFrom() } : it,
  );
}
