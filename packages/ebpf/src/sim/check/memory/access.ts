/**
 * Loads and stores through pointers: what each kind of memory allows, and what a load gives.
 *
 * Every kind comes down to one question: do all possible offsets lie inside? The rules are those of `check_mem_access`
 * of kernel/bpf/verifier.c. Memory of the kernel is told by its types; without them it is left undecided.
 * @module
 */
import { mayAccessContext, mayAccessSocket } from "../context/access.ts";
import { mayAccessOpen, pointerAt } from "../context/fields.ts";
import { argumentAt } from "../context/function-arguments.ts";
import type { FunctionTable } from "../function/table.ts";
import { accessObject, mapStruct } from "../kernel-memory/object.ts";
import { constantScalar, sizedScalar, unknownScalar } from "../number/scalar.ts";
import type { CheckedProgram } from "../program.ts";
import { Refusal, Undecided } from "../refusal.ts";
import type { State } from "../state/state.ts";
import { isFixed, isPointer, type Pointer, pointer, reach, type Value } from "../state/value.ts";
import { accessField } from "./map-field.ts";
import { fieldsOfMap } from "./special-fields.ts";
import { accessStack, accessStackArea, type StackArea } from "./stack.ts";

/** An access to memory. */
export interface Access {
  /** `R3`, for messages. */
  readonly name: string;
  readonly to: Value;
  /** Bytes added by the instruction. */
  readonly offset: number;
  readonly size: number;
  /** What is stored; nothing for a load. */
  readonly stored?: Value;
  /** Set for accesses by functions that are called. */
  readonly byCall?: true;
}

/** What an access needs beside itself. */
export interface Surroundings {
  readonly program: CheckedProgram;
  readonly functions: FunctionTable;
  /** Kinds of addresses that each load and store was met with. */
  readonly kinds: Map<number, string>;
  readonly state: State;
  readonly newId: () => number;
  /** Puts another state aside that is followed later. */
  readonly follow: (state: State) => void;
  /** The same with the start of something that goes on by itself: this path may be right before the other one was looked at. */
  readonly begin: (state: State) => void;
  /** The state in which this path was here before. */
  readonly before: () => State | undefined;
}

/** Checks an access; what a load gives. */
export function accessMemory(around: Surroundings, access: Access): Value {
  const { to, name } = access;
  if (to.kind === "unset") throw new Refusal(`${name} !read_ok`);
  if (!isPointer(to)) throw new Refusal(`${name} invalid mem access 'scalar'`);
  if (to.nullable) throw new Refusal(`${name} invalid mem access '${typeName(to)}'`);
  const rule = rules[to.kind];
  if (rule === undefined) throw new Refusal(`${name} invalid mem access '${typeName(to)}'`);
  return rule(around, to, access);
}

/** Checks that `size` bytes can be read, and written too where that is asked for. */
export function assertReadable(
  around: Surroundings,
  to: Pointer,
  { register, size, write }: StackArea,
): void {
  const access = { name: `R${register}`, to, offset: 0, size, byCall: true } as const;
  if (to.kind === "fp") accessStackArea(around, to, { register, size, write });
  else accessMemory(around, write ? { ...access, stored: unknownScalar } : access);
}

/** The verifier's name of a kind of pointer. */
export function typeName({ kind, nullable, trust, type }: Pointer): string {
  const name =
    kind === "ptr_"
      ? `${trust === "plain" ? "" : `${trust}_`}ptr_${type?.types.typeById(type.id).name ?? ""}`
      : kind;
  return nullable ? `${name}_or_null` : name;
}

type AccessRule = (around: Surroundings, to: Pointer, access: Access) => Value;

const rules: { readonly [Kind in Pointer["kind"]]: AccessRule | undefined } = {
  ctx: accessContext,
  fp: accessStack,
  map_ptr: accessMapItself,
  map_key: (_, to, access) => {
    if (access.stored !== undefined)
      throw new Refusal(`write to change key ${access.name} not allowed`);
    assertInside(to, access, { size: to.map!.keySize, what: "mem" });
    return loaded(access);
  },
  map_value: accessMapValue,
  pkt: accessPacket,
  pkt_meta: accessPacket,
  pkt_end: undefined,
  flow_keys: (_, to, access) => {
    const offset = to.offset + access.offset;
    if (offset >= 0 && offset + access.size <= 56) return loaded(access);
    throw new Refusal(`invalid access to flow keys off=${offset} size=${access.size}`);
  },
  mem: accessSized,
  ringbuf_mem: accessSized,
  rdonly_mem: (around, to, access) => {
    if (access.stored !== undefined)
      throw new Refusal(`${access.name} cannot write into rdonly_mem`);
    return accessSized(around, to, access);
  },
  buf: (_, to, access) => {
    if (access.stored !== undefined && !to.own)
      throw new Refusal(`${access.name} cannot write into rdonly_buf`);
    assertNotNegative(to, access, "rdwr");
    return loaded(access);
  },
  tp_buffer: (_, to, access) => {
    assertNotNegative(to, access, "tracepoint");
    return loaded(access);
  },
  sock: accessSocket,
  sock_common: accessSocket,
  tcp_sock: accessSocket,
  xdp_sock: accessSocket,
  ptr_: accessObject,
  arena: (_, to, access) => {
    if (access.byCall !== true) return loaded(access);
    throw new Refusal(`${access.name} type=${typeName(to)} expected=fp, pkt, map_value, mem, buf`);
  },
  dynptr_ptr: undefined,
  func: undefined,
};

function assertNotNegative(to: Pointer, { name, offset, size }: Access, what: string): void {
  const at = to.offset + offset;
  if (at >= 0 && isFixed(to)) return;
  throw new Refusal(`${name} invalid ${what} buffer access: off=${at}, size=${size}`);
}

function accessContext({ program, newId }: Surroundings, to: Pointer, access: Access): Value {
  const { size, offset } = access;
  const write = access.stored !== undefined;
  if (to.offset !== 0 || !isFixed(to)) {
    throw new Refusal(`dereference of modified ctx ptr ${access.name} off=${to.offset} disallowed`);
  }
  const refused = new Refusal(`invalid bpf_context access off=${offset} size=${size}`);
  if (madeForFunction.has(program.type)) {
    if (write) throw refused;
    return argumentAt(program, { offset, size }, newId);
  }
  if (program.type === "raw_tracepoint_writable" && offset === 0) {
    if (write || size !== 8) throw refused;
    return pointer("tp_buffer");
  }
  if (program.type === "netfilter" && write) throw refused;
  if (program.type === "netfilter") return netfilterField(program, offset, size, refused);
  const wanted = { offset, size, write };
  const allowed = mayAccessContext(program, wanted) ?? mayAccessOpen(program.type, wanted);
  if (allowed === undefined) throw new Undecided(`context of ${program.type} programs`);
  if (!allowed) throw refused;
  const found = write ? undefined : pointerAt(program.type, offset);
  if (found === undefined) return sizedScalar(size);
  return pointer(found.kind, { nullable: found.nullable, id: found.nullable ? newId() : 0 });
}

/** Types of programs whose context is the arguments of a function. */
const madeForFunction: ReadonlySet<string> = new Set(["tracing", "lsm", "struct_ops", "ext"]);

function netfilterField(
  { kernelTypes }: CheckedProgram,
  offset: number,
  size: number,
  refused: Refusal,
): Value {
  const name = { 0: "nf_hook_state", 8: "sk_buff" }[offset];
  if (name === undefined || size !== 8) throw refused;
  const type = kernelTypes?.findByName(name, "struct");
  if (type === undefined) throw new Undecided(`struct ${name}`);
  return pointer("ptr_", { type: { types: kernelTypes!, id: type.id }, trust: "trusted" });
}

function accessMapItself({ program }: Surroundings, to: Pointer, access: Access): Value {
  const { name, size } = access;
  const offset = to.offset + access.offset;
  if (access.stored !== undefined) throw new Refusal(`only read from map_ptr is supported`);
  if (offset < 0) throw new Refusal(`${name} is map_ptr invalid negative access: off=${offset}`);
  const type = mapStruct(program.kernelTypes, to.map!.type);
  const around = { program, state: undefined };
  return accessObject(
    around,
    { ...to, kind: "ptr_", type, trust: "plain" },
    { name, offset: access.offset, size },
  );
}

function accessMapValue(around: Surroundings, to: Pointer, access: Access): Value {
  const map = to.map!;
  const write = access.stored !== undefined;
  const denied =
    (write && map.type.startsWith("devmap")) ||
    map.flags?.includes(write ? "rdonly_prog" : "wronly_prog") === true;
  if (denied) {
    throw new Refusal(
      `${write ? "write into" : "read from"} map forbidden, value_size=${map.valueSize} off=${to.offset} size=${access.size}`,
    );
  }
  assertInside(to, access, { size: map.valueSize, what: `map_value` });
  const fields = fieldsOfMap(map);
  const special = fields.length === 0 ? undefined : accessField(around, to, { access, fields });
  return special ?? frozenValue(to, access) ?? loaded(access);
}

/** Content of constant data is known. */
function frozenValue(to: Pointer, { offset, size, stored }: Access): Value | undefined {
  const bytes = to.map?.frozen;
  if (bytes === undefined || stored !== undefined || !isFixed(to) || size > 8) return undefined;
  let value = 0n;
  for (let byte = size - 1; byte >= 0; byte--) {
    value = (value << 8n) | BigInt(bytes[to.offset + offset + byte] ?? 0);
  }
  return constantScalar(value);
}

function accessPacket({ program }: Surroundings, to: Pointer, access: Access): Value {
  if (access.stored !== undefined && !writesPackets.has(program.type)) {
    throw new Refusal("cannot write into packet");
  }
  const { smin } = to.variable.wide;
  const start = to.offset + access.offset;
  if (smin < 0n) {
    throw new Refusal(
      `${access.name} min value is negative, either use unsigned index or do a if (index >=0) check.`,
    );
  }
  if (start < 0 || start + access.size > to.range) {
    const fields = `off=${start} size=${access.size}, ${access.name}(id=${to.id},off=${start},r=${to.range})`;
    throw new Refusal(
      `invalid access to packet, ${fields}\n${access.name} offset is outside of the packet`,
    );
  }
  return loaded(access);
}

/** Types whose programs write into packets (`may_access_direct_pkt_data`). */
export const writesPackets: ReadonlySet<string> = new Set([
  "xdp",
  "sched_cls",
  "sched_act",
  "lwt_xmit",
  "sk_skb",
  "sk_msg",
  "cgroup_sockopt",
]);

function accessSocket(_around: Surroundings, to: Pointer, access: Access): Value {
  const { name, size } = access;
  const offset = to.offset + access.offset;
  if (access.stored !== undefined) throw new Refusal(`${name} cannot write into ${to.kind}`);
  const allowed = mayAccessSocket(to.kind, { offset, size, write: false });
  if (allowed && isFixed(to)) return sizedScalar(size);
  throw new Refusal(`${name} invalid ${to.kind} access off=${offset} size=${size}`);
}

/** Untrusted memory is read with care, wherever it is. */
function accessSized(_around: Surroundings, to: Pointer, access: Access): Value {
  if (to.trust === "untrusted") return loaded(access);
  assertInside(to, access, { size: to.size, what: "mem" });
  return loaded(access);
}

function loaded({ stored, size }: Access): Value {
  return stored ?? sizedScalar(size);
}

/** All offsets that are possible must lie inside. */
export function assertInside(
  to: Pointer,
  { name, offset, size }: Pick<Access, "name" | "offset" | "size">,
  within: { readonly size: number; readonly what: string },
): void {
  const { least, most } = reach(to, offset);
  if (to.variable.wide.smin < 0n && least < 0 && !isFixed(to)) {
    throw new Refusal(
      `${name} min value is negative, either use unsigned index or do a if (index >=0) check.`,
    );
  }
  if (to.variable.wide.umax >= 1n << 29n) {
    throw new Refusal(`${name} unbounded memory access, make sure to bounds check any such access`);
  }
  if (least >= 0 && most + size <= within.size) return;
  const where = within.what === "map_value" ? `value to map_value` : "memory";
  throw new Refusal(
    where === "memory"
      ? `invalid access to memory, mem_size=${within.size} off=${least} size=${size}`
      : `invalid access to map value, value_size=${within.size} off=${least < 0 ? least : most} size=${size}`,
  );
}
