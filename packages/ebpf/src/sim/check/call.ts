/**
 * Calls of helpers: whether a program may, what it must pass, and what is known afterwards.
 *
 * What a helper takes is told by its signature in the registry; a rule for each kind of parameter checks the register.
 * The rules are those of `check_helper_call` of kernel/bpf/verifier.c. Parameters that only types of the kernel
 * describe, and calls back into the program, are left undecided.
 * @module
 */
import {
  type HelperParameter,
  type HelperSignature,
  findHelper,
} from "../../helper/helper-signature.ts";
import { helperSymbol } from "../../helper/helper-id.ts";
import { accessMemory, type Surroundings, typeName } from "./access.ts";
import { mayCall } from "./availability.ts";
import type { CheckedMap } from "./program.ts";
import { Refusal, Undecided } from "./refusal.ts";
import { constantOf, rangeScalar, type Scalar, unknownScalar } from "./scalar.ts";
import { clobberStack, currentFrame, replaceValues } from "./state.ts";
import { isFixed, isPointer, type Pointer, pointer, unset, type Value } from "./value.ts";

/** Checks the call of helper `id` and sets the registers to what they are afterwards. */
export function callHelper(around: Surroundings, id: number): void {
  const symbol = helperSymbol(id);
  const signature = symbol === undefined ? undefined : findHelper(symbol);
  if (symbol === undefined || signature === undefined) {
    throw new Refusal(`invalid func unknown#${id}`, "EINVAL");
  }
  assertMayCall(around, signature, id);
  const call: Call = {
    around,
    signature,
    registers: currentFrame(around.state).registers,
    map: undefined,
  };
  for (const [index, parameter] of signature.parameters.entries()) {
    checkArgument(call, parameter, index + 1);
  }
  assertMapFits(call);
  const result = resultOf(call);
  afterCall(call, result);
}

interface Call {
  readonly around: Surroundings;
  readonly signature: HelperSignature;
  readonly registers: Value[];
  /** The map that was given. */
  map: CheckedMap | undefined;
}

function assertMayCall(
  { program, state }: Surroundings,
  helper: HelperSignature,
  id: number,
): void {
  const symbol = `bpf_${helper.name}#${id}`;
  const allowed = mayCall(program.type, id);
  if (allowed === undefined) throw new Undecided(`helpers of ${program.type} programs`);
  if (!allowed) throw new Refusal(`program of this type cannot use helper ${symbol}`, "EINVAL");
  if (helper.gplOnly && !isGpl(program.license)) {
    throw new Refusal(
      "cannot call GPL-restricted function from non-GPL compatible program",
      "EINVAL",
    );
  }
  if (helper.mightSleep === true && program.sleepable !== true) {
    throw new Refusal(`helper call might sleep in a non-sleepable prog`, "EINVAL");
  }
  if (state.lock !== 0 && helper.name !== "spin_unlock") {
    throw new Refusal("function calls are not allowed while holding a lock", "EINVAL");
  }
}

/** Licences of `license_is_gpl_compatible` (include/linux/license.h). */
function isGpl(license: string): boolean {
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

type ArgumentRule = (call: Call, parameter: never, register: number) => void;

const argumentRules: { readonly [Kind in HelperParameter["kind"]]: ArgumentRule } = {
  scalar: () => {},
  flags: () => {},
  pointer: () => {},
  size: checkSize,
  context: checkContext,
  map: checkMap,
  "map-key": (call, _parameter: never, register) => {
    checkMemory(call, { register, size: call.map!.keySize, write: false });
  },
  "map-value": checkMapValue,
  "memory-in": checkMemoryParameter,
  "memory-out": checkMemoryParameter,
  "memory-in-out": checkMemoryParameter,
  struct: checkStruct,
  record: checkRecord,
  callback: () => {
    throw new Undecided("callbacks");
  },
  "callback-context": () => {},
};

function checkArgument(call: Call, parameter: HelperParameter, register: number): void {
  const value = call.registers[register]!;
  if (value.kind === "unset") throw new Refusal(`R${register} !read_ok`);
  argumentRules[parameter.kind](call, parameter as never, register);
}

function checkContext({ registers }: Call, _parameter: never, register: number): void {
  const value = registers[register]!;
  if (value.kind !== "ctx") throw wrongType(value, register, "ctx");
  if (!isFixed(value) || value.offset !== 0) {
    throw new Refusal(
      `dereference of modified ctx ptr R${register} off=${value.offset} disallowed`,
    );
  }
}

function checkMap(call: Call, _parameter: never, register: number): void {
  const value = call.registers[register]!;
  if (value.kind !== "map_ptr") throw wrongType(value, register, "map_ptr");
  call.map = value.map!;
}

function checkMapValue(
  call: Call,
  parameter: Extract<HelperParameter, { kind: "map-value" }>,
  register: number,
): void {
  if (parameter.nullable && isNull(call.registers[register]!)) return;
  checkMemory(call, { register, size: call.map!.valueSize, write: parameter.out });
}

function checkMemoryParameter(
  call: Call,
  parameter: Extract<HelperParameter, { kind: `memory-${string}` }>,
  register: number,
): void {
  const value = call.registers[register]!;
  if (parameter.nullable && isNull(value)) return;
  if (parameter.size === undefined) {
    throw new Undecided("constant texts given to helpers");
  }
  const write = parameter.kind !== "memory-in";
  if (typeof parameter.size === "number") {
    checkMemory(call, { register, size: parameter.size, write });
    return;
  }
  const index = call.signature.parameters.findIndex(({ name }) => name === parameter.size);
  const parameterOfSize = call.signature.parameters[index] as { readonly zeroAllowed?: boolean };
  const size = sizeIn(call, index + 1, parameterOfSize.zeroAllowed === true);
  if (size > 0 || !isNull(value)) checkMemory(call, { register, size, write });
}

/** Greatest size that a register can say, when it says one at all. */
function sizeIn({ registers }: Call, register: number, zeroAllowed: boolean): number {
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
  if (value.kind === "scalar" && constantOf(value) !== undefined) return;
  throw new Refusal(`R${register} is not a known constant'`);
}

/** Checks that a helper may read or write `size` bytes through a register. */
function checkMemory(
  { around, registers }: Call,
  wanted: { readonly register: number; readonly size: number; readonly write: boolean },
): void {
  const { register, size, write } = wanted;
  const name = `R${register}`;
  const to = registers[register]!;
  if (!isPointer(to))
    throw wrongType(to, register, "fp, pkt, pkt_meta, map_key, map_value, mem, ringbuf_mem, buf");
  if (!memoryKinds.has(to.kind) || to.nullable) {
    throw wrongType(to, register, "fp, pkt, pkt_meta, map_key, map_value, mem, ringbuf_mem, buf");
  }
  if (to.kind === "fp") {
    checkStackArea(around, to, wanted);
    return;
  }
  const stored = write ? { stored: unknownScalar } : {};
  accessMemory(around, { name, to, offset: 0, size, ...stored });
}

const memoryKinds: ReadonlySet<string> = new Set([
  "fp",
  "pkt",
  "pkt_meta",
  "map_value",
  "mem",
  "ringbuf_mem",
]);

function checkStackArea(
  { state }: Surroundings,
  to: Pointer,
  {
    register,
    size,
    write,
  }: { readonly register: number; readonly size: number; readonly write: boolean },
): void {
  const least = to.offset + Number(to.variable.wide.smin);
  const most = to.offset + Number(to.variable.wide.smax);
  if (least < -512 || most + size > 0) {
    const kind = write ? "write to" : "read from";
    throw new Refusal(`invalid ${kind} stack R${register} off=${least} size=${size}`);
  }
  if (write) clobberStack(state.frames[to.place]!, least, most + size - least);
}

function checkRecord({ registers }: Call, _parameter: never, register: number): void {
  const value = registers[register]!;
  if (value.kind !== "ringbuf_mem" || value.nullable)
    throw wrongType(value, register, "ringbuf_mem");
  if (value.reference === 0 || value.offset !== 0 || !isFixed(value)) {
    throw new Refusal(`R${register} must have zero offset when passed to release func`, "EINVAL");
  }
}

function checkStruct(
  { registers }: Call,
  parameter: Extract<HelperParameter, { kind: "struct" }>,
  register: number,
): void {
  const value = registers[register]!;
  if (parameter.nullable && isNull(value)) return;
  if (value.kind === "sock" && !value.nullable && parameter.release) return;
  if (value.kind === "scalar" || value.kind === "fp") {
    if (parameter.type?.startsWith("bpf_") !== true) throw wrongType(value, register, "sock");
  }
  throw new Undecided(`arguments of type ${parameter.type ?? "struct"}`);
}

function isNull(value: Value): boolean {
  return value.kind === "scalar" && constantOf(value) === 0n;
}

function wrongType(value: Value, register: number, expected: string): Refusal {
  const type = isPointer(value) ? typeName(value) : "scalar";
  return new Refusal(`R${register} type=${type} expected=${expected}`);
}

/** Which helpers take which maps: `check_map_func_compatibility`; helpers that are not here take what they get. */
const elementMaps = [
  "hash",
  "array",
  "percpu_hash",
  "percpu_array",
  "lru_hash",
  "lru_percpu_hash",
  "lpm_trie",
];
const mapsOf: Readonly<Record<string, readonly string[]>> = {
  tail_call: ["prog_array"],
  ringbuf_reserve: ["ringbuf"],
  ringbuf_output: ["ringbuf"],
  ringbuf_query: ["ringbuf"],
  perf_event_output: ["perf_event_array"],
  perf_event_read: ["perf_event_array"],
  get_stackid: ["stack_trace"],
  redirect_map: ["devmap", "devmap_hash", "cpumap", "xskmap"],
  map_push_elem: ["queue", "stack", "bloom_filter"],
  map_pop_elem: ["queue", "stack"],
  map_peek_elem: ["queue", "stack", "bloom_filter"],
  map_lookup_elem: [
    ...elementMaps,
    "array_of_maps",
    "hash_of_maps",
    "devmap",
    "devmap_hash",
    "cpumap",
    "xskmap",
    "sockmap",
    "sockhash",
  ],
  map_update_elem: [...elementMaps, "sockmap", "sockhash"],
  map_delete_elem: [...elementMaps, "sockmap", "sockhash"],
};

function assertMapFits({ map, signature }: Call): void {
  if (map === undefined) return;
  if (mapsOf[signature.name]?.includes(map.type) ?? !ownMaps.has(map.type)) return;
  throw new Refusal(`cannot pass map_type ${map.type} into func bpf_${signature.name}`, "EINVAL");
}

/** Maps that only the helpers made for them take. */
const ownMaps: ReadonlySet<string> = new Set([
  "prog_array",
  "ringbuf",
  "perf_event_array",
  "queue",
  "stack",
]);

function resultOf({ around, signature, map, registers }: Call): Value {
  const { result } = signature;
  if (result.kind === "void") return unset;
  if (result.kind === "scalar") {
    return signature.name === "get_smp_processor_id"
      ? rangeScalar(0n, 8191n)
      : statusOf(signature, registers);
  }
  const { nullable } = result;
  const id = around.newId();
  if (result.kind === "map-value") return valueOf(map!, nullable, id);
  if (signature.name === "ringbuf_reserve") {
    const size = Number(constantOf(registers[2] as Scalar));
    around.state.references.set(id, around.state.slot);
    return pointer("ringbuf_mem", { nullable, id, size, reference: id });
  }
  if (acquiresSocket.has(signature.name)) {
    around.state.references.set(id, around.state.slot);
    return pointer("sock", { nullable, id, reference: id });
  }
  throw new Undecided(`result of bpf_${signature.name}`);
}

const acquiresSocket: ReadonlySet<string> = new Set([
  "sk_lookup_tcp",
  "sk_lookup_udp",
  "skc_lookup_tcp",
]);

/** Filling helpers with a size return at most that (`do_refine_retval_range`). */
function statusOf({ name }: HelperSignature, registers: readonly Value[]): Scalar {
  const size = registers[2]!;
  if (!sizedResults.has(name) || size.kind !== "scalar") return unknownScalar;
  return size.wide.smax <= 0x7fffffffn ? rangeScalar(-4095n, size.wide.smax) : unknownScalar;
}

const sizedResults: ReadonlySet<string> = new Set([
  "probe_read_str",
  "probe_read_kernel_str",
  "probe_read_user_str",
]);

function valueOf(map: CheckedMap, nullable: boolean, id: number): Value {
  if (map.type === "array_of_maps" || map.type === "hash_of_maps")
    throw new Undecided("maps in maps");
  if (!elementMaps.includes(map.type)) throw new Undecided(`values of ${map.type} maps`);
  return pointer("map_value", { nullable, id, map });
}

/** The argument registers are lost; so are packet pointers when the packet may have moved, and what was released. */
function afterCall({ around, signature, registers }: Call, result: Value): void {
  const released = releasedBy(signature, registers);
  for (let register = 1; register <= 5; register++) registers[register] = unset;
  registers[0] = result;
  if (movesPacket.has(signature.name)) {
    replaceValues(around.state, (it) => (packetKinds.has(it.kind) ? unknownScalar : it));
  }
  if (released === 0) return;
  if (!around.state.references.delete(released)) {
    throw new Refusal("reference has not been acquired before", "EINVAL");
  }
  replaceValues(around.state, (it) => (isPointer(it) && it.reference === released ? unset : it));
}

function releasedBy({ parameters }: HelperSignature, registers: readonly Value[]): number {
  const index = parameters.findIndex(
    (it) => it.kind === "record" || (it.kind === "struct" && it.release),
  );
  const value = index === -1 ? undefined : registers[index + 1];
  return value !== undefined && isPointer(value) ? value.reference : 0;
}

const packetKinds: ReadonlySet<string> = new Set(["pkt", "pkt_meta", "pkt_end"]);

/** `bpf_helper_changes_pkt_data` of net/core/filter.c. */
const movesPacket: ReadonlySet<string> = new Set([
  "clone_redirect",
  "l3_csum_replace",
  "l4_csum_replace",
  "lwt_push_encap",
  "lwt_seg6_action",
  "lwt_seg6_adjust_srh",
  "lwt_seg6_store_bytes",
  "msg_pop_data",
  "msg_pull_data",
  "msg_push_data",
  "skb_adjust_room",
  "skb_change_head",
  "skb_change_proto",
  "skb_change_tail",
  "skb_pull_data",
  "skb_store_bytes",
  "skb_vlan_pop",
  "skb_vlan_push",
  "store_hdr_opt",
  "xdp_adjust_head",
  "xdp_adjust_meta",
  "xdp_adjust_tail",
  "tail_call",
]);
