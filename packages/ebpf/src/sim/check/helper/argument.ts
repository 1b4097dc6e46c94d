/**
 * What helpers are given: a rule for each kind of parameter.
 *
 * `check_func_arg` of kernel/bpf/verifier.c. Sizes are looked at together with the memory they are of.
 * @module
 */
import type { HelperParameter, HelperSignature } from "../../../helper/helper-signature.ts";
import { assertReadable, type Surroundings } from "../memory/access.ts";
import { markPrecise } from "../number/origin.ts";
import { constantOf } from "../number/scalar.ts";
import type { Dynptr } from "../object/dynptr.ts";
import { assertSameMap, type GivenMap } from "../object/place-in-map.ts";
import type { CheckedMap } from "../program.ts";
import { Refusal } from "../refusal.ts";
import { readStack, stackSize } from "../state/stack.ts";
import { isFixed, isNull, isPointer, type Pointer, type Value } from "../state/value.ts";
import { holdsSockets } from "./maps.ts";
import { assertObject, assertSocket, wrongType } from "./socket-argument.ts";
import { checkSpecial, isSpecial } from "./special-argument.ts";

/** The call of a helper that is looked at. */
export interface Call {
  readonly around: Surroundings;
  readonly helper: HelperSignature;
  readonly registers: Value[];
  /** The map that was given. */
  map: CheckedMap | undefined;
  /** Which of the maps of its shape it is, when it lies in a map. */
  mapId: number;
  /** The map whose value a field lies in that was given. */
  field: GivenMap | undefined;
  /** Greatest size of memory that was given. */
  size: bigint | undefined;
  /** Key of the map, where it is known. */
  key: bigint | undefined;
  /** Id of the reference that is given back. */
  released: number;
  /** The dynamic pointer that was given. */
  dynptr: Dynptr | undefined;
}

type ArgumentRule = (call: Call, parameter: never, register: number) => void;

const rules: { readonly [Kind in HelperParameter["kind"]]: ArgumentRule } = {
  scalar: () => {},
  flags: checkFlags,
  pointer: () => {},
  size: checkSize,
  context: checkContext,
  map: checkMap,
  "map-key": checkKey,
  "map-value": checkMapValue,
  "memory-in": checkMemoryParameter,
  "memory-out": checkMemoryParameter,
  "memory-in-out": checkMemoryParameter,
  struct: checkStruct,
  record: checkRecord,
  callback: () => {},
  "callback-context": (call, _parameter: never, register) => {
    const value = call.registers[register]!;
    if (value.kind === "fp" || isNull(value)) return;
    throw wrongType(value, register, "fp");
  },
};

/** Checks one argument. */
export function checkArgument(call: Call, parameter: HelperParameter, register: number): void {
  const value = call.registers[register]!;
  if (value.kind === "unset") throw new Refusal(`R${register} !read_ok`);
  rules[parameter.kind](call, parameter as never, register);
}

/** Storage of control groups is asked for without flags. */
function checkFlags({ registers, helper }: Call, _parameter: never, register: number): void {
  if (helper.name !== "get_local_storage" || isNull(registers[register]!)) return;
  throw new Refusal("get_local_storage() doesn't support non-zero flags", "EINVAL");
}

/** Programs that give a helper a socket where others give the context. */
const takesSocket: ReadonlySet<string> = new Set([
  "cgroup_sockopt setsockopt",
  "cgroup_sockopt getsockopt",
  "lsm setsockopt",
  "lsm getsockopt",
  "tracing setsockopt",
  "tracing getsockopt",
  "struct_ops setsockopt",
  "struct_ops getsockopt",
  "sk_reuseport get_socket_cookie",
  "tracing get_socket_cookie",
]);

function checkContext(
  { around, registers, helper }: Call,
  _parameter: never,
  register: number,
): void {
  const value = registers[register]!;
  if (helper.name === "get_netns_cookie" && isNull(value)) return;
  if (takesSocket.has(`${around.program.type} ${helper.name}`)) {
    assertSocket(value, { register, helper: helper.name });
    return;
  }
  if (value.kind !== "ctx") throw wrongType(value, register, "ctx");
  if (!isFixed(value) || value.offset !== 0) {
    throw new Refusal(
      `dereference of modified ctx ptr R${register} off=${value.offset} disallowed`,
    );
  }
}

function checkMap(call: Call, _parameter: never, register: number): void {
  const value = call.registers[register]!;
  if (value.kind !== "map_ptr" || value.nullable || value.offset !== 0) {
    throw wrongType(value, register, "map_ptr");
  }
  const { map, mapId } = value as { readonly map: CheckedMap; readonly mapId: number };
  if (call.field !== undefined) assertSameMap(call.field, { map, mapId, register }, "timer");
  call.map = map;
  call.mapId = mapId;
}

function checkKey(call: Call, _parameter: never, register: number): void {
  const { keySize } = call.map!;
  checkMemory(call, { register, size: keySize, write: false });
  const to = call.registers[register]!;
  if (to.kind !== "fp" || !isFixed(to) || keySize !== 4) return;
  const frame = call.around.state.frames[to.place]!;
  const slot = frame.stack[(stackSize + to.offset) >> 3];
  const isWhole = slot?.value === undefined || (slot.value.kind === "scalar" && slot.size === 4);
  if ((to.offset & 3) !== 0 || !isWhole) return;
  const key = readStack(frame, to.offset, 4);
  if (key.kind !== "scalar") return;
  call.key = constantOf(key);
  if (call.key !== undefined) markPrecise(key.origin);
}

function checkMapValue(
  call: Call,
  parameter: Extract<HelperParameter, { kind: "map-value" }>,
  register: number,
): void {
  const value = call.registers[register]!;
  if (parameter.nullable && isNull(value)) return;
  if (holdsSockets(call.map!)) assertSocket(value, { register, helper: call.helper.name });
  else checkMemory(call, { register, size: call.map!.valueSize, write: parameter.out });
}

function checkMemoryParameter(
  call: Call,
  parameter: Extract<HelperParameter, { kind: `memory-${string}` }>,
  register: number,
): void {
  const value = call.registers[register]!;
  if (parameter.size === undefined) {
    assertText(value, register);
    return;
  }
  const write = parameter.kind !== "memory-in";
  if (typeof parameter.size === "number") {
    if (parameter.nullable && isNull(value)) return;
    if (value.kind === "fp" && alignedResults.has(call.helper.name) && value.offset % 8 !== 0) {
      throw new Refusal(`misaligned stack access off 0+${value.offset}+0 size 8`);
    }
    checkMemory(call, { register, size: parameter.size, write });
    return;
  }
  const index = call.helper.parameters.findIndex(({ name }) => name === parameter.size);
  const { zeroAllowed } = call.helper.parameters[index] as { readonly zeroAllowed?: boolean };
  const size = sizeIn(call, index + 1, { zeroAllowed: zeroAllowed === true });
  call.size = BigInt(size);
  if (size === 0 && parameter.nullable && isNull(value)) return;
  checkMemory(call, { register, size, write });
}

const alignedResults: ReadonlySet<string> = new Set(["strtol", "strtoul"]);

/** Refuses what is no text that does not change, in a map that programs only read. */
export function assertText(value: Value, register: number): void {
  if (value.kind !== "map_value") throw wrongType(value, register, "map_value");
  const { map, offset } = value;
  if (map?.flags?.includes("rdonly_prog") !== true || map.frozen === undefined) {
    throw new Refusal(`R${register} does not point to a readonly map'`);
  }
  if (!isFixed(value)) throw new Refusal(`R${register} is not a constant address'`);
  if (map.frozen.indexOf(0, offset) === -1)
    throw new Refusal("string is not zero-terminated", "EINVAL");
}

/** Greatest size that a register can say, when it says one at all. */
export function sizeIn(
  { registers }: Pick<Call, "registers">,
  register: number,
  { zeroAllowed }: { readonly zeroAllowed: boolean },
): number {
  const value = registers[register]!;
  if (value.kind === "unset") throw new Refusal(`R${register} !read_ok`);
  if (value.kind !== "scalar") throw wrongType(value, register, "scalar");
  const { smin, umin, umax } = value.wide;
  if (smin < 0n) {
    throw new Refusal(`R${register} min value is negative, either use unsigned or 'var &= const'`);
  }
  if (umin === 0n && !zeroAllowed) {
    throw new Refusal(`R${register} invalid zero-sized read: u64=[${umin},${umax}]`);
  }
  if (umax >= 1n << 29n) {
    throw new Refusal(
      `R${register} unbounded memory access, use 'var &= const' or 'if (var < const)'`,
    );
  }
  markPrecise(value.origin);
  return Number(umax);
}

/** Sizes of memory are looked at with their memory; that of what is returned must be one number. */
function checkSize(
  { registers }: Call,
  parameter: Extract<HelperParameter, { kind: "size" }>,
  register: number,
): void {
  if (parameter.of !== undefined) return;
  const value = registers[register]!;
  if (value.kind !== "scalar" || constantOf(value) === undefined) {
    throw new Refusal(`R${register} is not a known constant'`);
  }
  markPrecise(value.origin);
}

/** Checks that a helper may read or write `size` bytes through a register. */
export function checkMemory(
  {
    around,
    registers,
    helper,
  }: Pick<Call, "around" | "registers"> & { readonly helper: { readonly name: string } },
  wanted: { readonly register: number; readonly size: number; readonly write: boolean },
): void {
  const { register, write } = wanted;
  const to = registers[register]!;
  const expected = "fp, pkt, pkt_meta, map_key, map_value, mem, ringbuf_mem, buf";
  if (!isPointer(to) || !memoryKinds.has(to.kind) || to.nullable)
    throw wrongType(to, register, expected);
  if (to.kind === "pkt" || to.kind === "pkt_meta") assertTakesPacket(around, helper.name, write);
  if (!isBelieved(to)) throw wrongType(to, register, expected);
  assertReadable(around, to, wanted);
}

/** Objects of the kernel count as memory where they are trusted, other memory where it is not read with care only. */
function isBelieved({ kind, trust, own }: Pointer): boolean {
  return kind === "ptr_" ? trust === "trusted" && !own : trust !== "untrusted";
}

const memoryKinds: ReadonlySet<string> = new Set([
  "fp",
  "pkt",
  "pkt_meta",
  "map_key",
  "map_value",
  "mem",
  "ringbuf_mem",
  "rdonly_mem",
  "buf",
  "ptr_",
]);

/** Helpers that may be given bytes of the packet (`pkt_access`). */
const takesPacket: ReadonlySet<string> = new Set([
  "map_lookup_elem",
  "map_update_elem",
  "map_delete_elem",
  "map_push_elem",
  "map_pop_elem",
  "map_peek_elem",
  "map_lookup_percpu_elem",
  "csum_diff",
  "sk_lookup_tcp",
  "sk_lookup_udp",
  "skc_lookup_tcp",
  "tcp_check_syncookie",
  "tcp_gen_syncookie",
  "tcp_raw_gen_syncookie_ipv4",
  "tcp_raw_gen_syncookie_ipv6",
  "tcp_raw_check_syncookie_ipv4",
  "tcp_raw_check_syncookie_ipv6",
]);
const packetTypes: ReadonlySet<string> = new Set([
  "lwt_in",
  "lwt_out",
  "lwt_seg6local",
  "lwt_xmit",
  "sk_reuseport",
  "flow_dissector",
  "cgroup_skb",
  "sched_cls",
  "sched_act",
  "xdp",
  "sk_skb",
  "sk_msg",
  "cgroup_sockopt",
]);

function assertTakesPacket({ program }: Surroundings, helper: string, write: boolean): void {
  const { type } = program;
  if (write && readsPackets.has(type))
    throw new Refusal("helper access to the packet is not allowed");
  if (type === "cgroup_sockopt" || (packetTypes.has(type) && takesPacket.has(helper))) return;
  throw new Refusal("helper access to the packet is not allowed");
}

const readsPackets: ReadonlySet<string> = new Set([
  "lwt_in",
  "lwt_out",
  "lwt_seg6local",
  "sk_reuseport",
  "flow_dissector",
  "cgroup_skb",
]);

function checkRecord(call: Call, _parameter: never, register: number): void {
  const value = call.registers[register]!;
  if (value.kind !== "ringbuf_mem" || value.nullable)
    throw wrongType(value, register, "ringbuf_mem");
  if (value.reference === 0 || value.offset !== 0 || !isFixed(value)) {
    throw new Refusal(`R${register} must have zero offset when passed to release func`, "EINVAL");
  }
  call.released = value.reference;
}

function checkStruct(
  call: Call,
  parameter: Extract<HelperParameter, { kind: "struct" }>,
  register: number,
): void {
  const value = call.registers[register]!;
  const { type = "" } = parameter;
  const nullable =
    parameter.nullable ||
    (call.helper.name === "sk_assign" && call.around.program.type === "sk_lookup");
  if (nullable && isNull(value)) return;
  if (isSpecial(call.helper.name, type)) {
    checkSpecial(call, parameter, register);
    return;
  }
  if (type === "sock_common") {
    const isContext =
      call.helper.name.startsWith("sk_storage") && call.around.program.type === "cgroup_sock";
    if (isContext && value.kind === "ctx") return;
    const storage =
      call.helper.name.startsWith("sk_storage") && /^(tracing|lsm)$/.test(call.around.program.type);
    const maybe = (nullable || storage) && isPointer(value) ? { ...value, nullable: false } : value;
    assertSocket(maybe, { register, helper: call.helper.name });
  } else assertObject(value, register, type);
  if (!parameter.release) return;
  if (!isPointer(value) || value.reference === 0) {
    throw new Refusal(`R${register} must be referenced when passed to release function`, "EINVAL");
  }
  call.released = value.reference;
}
