/**
 * Loads and stores through pointers: what each kind of memory allows, and what a load gives.
 *
 * Every kind comes down to one question: do all possible offsets lie inside? The rules are those of `check_mem_access`
 * of kernel/bpf/verifier.c. Memory of the kernel that only its types describe is left undecided.
 * @module
 */
import { contextField, contextShape } from "./context-fields.ts";
import type { CheckedProgram } from "./program.ts";
import { Refusal, Undecided } from "./refusal.ts";
import { constantScalar, sizedScalar } from "./scalar.ts";
import { clobberStack, type Frame, readStack, stackSize, type State, writeStack } from "./state.ts";
import { isFixed, isPointer, type Pointer, pointer, type Value } from "./value.ts";

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
}

/** What an access needs beside itself. */
export interface Surroundings {
  readonly program: CheckedProgram;
  readonly state: State;
  readonly newId: () => number;
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

/** The verifier's name of a kind of pointer. */
export function typeName({ kind, nullable }: Pointer): string {
  return nullable ? `${kind}_or_null` : kind;
}

type AccessRule = (around: Surroundings, to: Pointer, access: Access) => Value;

const rules: { readonly [Kind in Pointer["kind"]]: AccessRule | undefined } = {
  ctx: accessContext,
  fp: accessStack,
  map_ptr: undefined,
  map_value: accessMapValue,
  pkt: accessPacket,
  pkt_meta: accessPacket,
  pkt_end: undefined,
  mem: accessSized,
  ringbuf_mem: accessSized,
  sock: () => {
    throw new Undecided("fields of sockets");
  },
  func: undefined,
};

function accessContext({ program, newId }: Surroundings, to: Pointer, access: Access): Value {
  const offset = to.offset + access.offset;
  const { size } = access;
  const write = access.stored !== undefined;
  const shape = contextShape(program.type);
  if (shape === undefined) throw new Undecided(`context of ${program.type} programs`);
  const refused = new Refusal(`invalid bpf_context access off=${offset} size=${size}`);
  if (!isFixed(to) || offset < 0 || offset + size > shape.size) throw refused;
  if (shape.fields === undefined) {
    if (offset % size !== 0 || (write && shape.writable !== true)) throw refused;
    return sizedScalar(size);
  }
  const field = contextField(shape, offset, { size, write });
  if (field === undefined) throw refused;
  if (field.pointer === undefined || field.pointer === "other") return sizedScalar(size);
  const nullable = field.nullable === true;
  return pointer(field.pointer, { nullable, id: nullable ? newId() : 0 });
}

function accessStack({ state }: Surroundings, to: Pointer, access: Access): Value {
  const frame = state.frames[to.place]!;
  const { size, stored } = access;
  const { least, most } = reach(to, access.offset);
  if (least < -stackSize || most + size > 0) {
    throw new Refusal(
      `invalid ${stored ? "write to" : "read from"} stack ${access.name} off=${least} size=${size}`,
    );
  }
  if (least === most) {
    if (least % size !== 0) throw new Refusal(`misaligned stack access off ${least} size ${size}`);
    if (stored === undefined) return readStack(frame, least, size);
    writeStack(frame, least, size, stored);
    return stored;
  }
  if (stored === undefined) return readAnywhere(frame, least, most + size - least, size);
  if (isPointer(stored)) throw new Refusal("spilling of a pointer to a variable stack offset");
  clobberStack(frame, least, most + size - least);
  return stored;
}

/** A load from somewhere among `length` bytes. */
function readAnywhere(frame: Frame, offset: number, length: number, size: number): Value {
  for (let byte = offset; byte < offset + length; byte++) readStack(frame, byte, 1);
  return sizedScalar(size);
}

function accessMapValue(around: Surroundings, to: Pointer, access: Access): Value {
  const map = to.map!;
  const write = access.stored !== undefined;
  const denied = write ? map.programAccess === "read" : map.programAccess === "write";
  if (denied) {
    throw new Refusal(
      `write into map forbidden, value_size=${map.valueSize} off=${to.offset} size=${access.size}`,
    );
  }
  if (map.specialFields === true) throw new Undecided("fields of map values that are the kernel's");
  assertInside(to, access, { size: map.valueSize, what: `map_value` });
  return frozenValue(to, access) ?? loaded(access);
}

/** Content of constant data is known. */
function frozenValue(to: Pointer, { offset, size, stored }: Access): Value | undefined {
  const bytes = to.map?.frozen;
  if (bytes === undefined || stored !== undefined || !isFixed(to)) return undefined;
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

const writesPackets: ReadonlySet<string> = new Set([
  "xdp",
  "sched_cls",
  "sched_act",
  "lwt_xmit",
  "sk_skb",
]);

function accessSized(_around: Surroundings, to: Pointer, access: Access): Value {
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

/** Least and greatest offset; as doubles, which are exact as far as anything that is allowed. */
export function reach(
  to: Pointer,
  added: number,
): { readonly least: number; readonly most: number } {
  const fixed = to.offset + added;
  return {
    least: fixed + Number(to.variable.wide.smin),
    most: fixed + Number(to.variable.wide.smax),
  };
}
