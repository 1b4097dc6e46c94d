/**
 * What helpers return: `check_helper_call` of kernel/bpf/verifier.c, from where it looks at `ret_type` on.
 * @module
 */
import { kernelType } from "../memory/map-field.ts";
import { constantOf, rangeScalar, type Scalar, unknownScalar } from "../number/scalar.ts";
import { sliceOf } from "../object/dynptr.ts";
import type { CheckedMap } from "../program.ts";
import { Undecided } from "../refusal.ts";
import { isPointer, type Pointer, pointer, unset, type Value } from "../state/value.ts";
import type { Call } from "./argument.ts";
import { elementMaps } from "./maps.ts";
import { exchanged } from "./special-argument.ts";

/** What the call leaves in r0. */
export function resultOf(call: Call): Value {
  const { result } = call.helper;
  const { newId } = call.around;
  if (result.kind === "void") return unset;
  if (result.kind === "scalar") return numberOf(call);
  const id = result.nullable ? newId() : 0;
  if (result.kind === "map-value") return valueOf(call, call.map!, id);
  if (result.kind === "memory") return memoryOf(call, id);
  if (result.kind === "per-cpu") return perCpuOf(call, id);
  return objectOf(call, result.type ?? "", id);
}

function numberOf({ helper, around, size }: Call): Scalar {
  if (helper.name === "get_smp_processor_id") {
    return rangeScalar(0n, BigInt((around.program.cpus ?? 8192) - 1));
  }
  if (!sizedResults.has(helper.name) || size === undefined) return unknownScalar;
  return rangeScalar(-4095n, size);
}

/** Filling helpers with a size return at most that (`do_refine_retval_range`). */
const sizedResults: ReadonlySet<string> = new Set([
  "get_stack",
  "get_task_stack",
  "probe_read_str",
  "probe_read_kernel_str",
  "probe_read_user_str",
]);

/** Values at keys that are known to be there are not null (`can_elide_value_nullness`, Linux 6.14). */
function valueOf({ helper, key, around, mapId }: Call, map: CheckedMap, id: number): Value {
  const isArray = map.type === "array" || map.type === "percpu_array";
  const isThere =
    helper.name === "map_lookup_elem" &&
    isArray &&
    key !== undefined &&
    key < BigInt(map.maxEntries);
  const nullable = helper.result.kind === "map-value" && helper.result.nullable && !isThere;
  const known =
    elementMaps.includes(map.type) || map.type.endsWith("storage") || convertible.has(map.type);
  if (!known) throw new Undecided(`values of ${map.type} maps`);
  if (convertible.has(map.type) && map.type.endsWith("_of_maps") && map.inner === undefined) {
    throw new Undecided("maps in maps");
  }
  const referenced = map.type === "sockmap" || map.type === "sockhash";
  if (referenced) around.state.references.set(id, around.state.slot);
  return pointer("map_value", { nullable, id, map, mapId, reference: referenced ? id : 0 });
}

/** Maps whose values are something else once they are known to be there. */
const convertible: ReadonlySet<string> = new Set([
  "array_of_maps",
  "hash_of_maps",
  "xskmap",
  "sockmap",
  "sockhash",
  "devmap",
  "devmap_hash",
]);

function memoryOf({ helper, around, registers, dynptr }: Call, id: number): Value {
  if (helper.name === "ringbuf_reserve") {
    const size = Number(constantOf(registers[2] as Scalar));
    around.state.references.set(id, around.state.slot);
    return pointer("ringbuf_mem", { nullable: true, id, size, reference: id });
  }
  if (helper.name === "dynptr_data" && dynptr !== undefined) {
    const size = Number(constantOf(registers[3] as Scalar));
    return sliceOf(dynptr, { size, id, kind: "mem" });
  }
  throw new Undecided(`result of bpf_${helper.name}`);
}

function perCpuOf({ registers, helper }: Call, id: number): Value {
  const nullable = helper.result.kind === "per-cpu" && helper.result.nullable;
  const { types, id: type } = (registers[1] as Pointer).type!;
  const what = types.resolve(type);
  if (what.kind === "struct")
    return pointer("ptr_", { nullable, id, type: { types, id: what.id } });
  return pointer("rdonly_mem", { nullable, id, size: types.size(type) });
}

function objectOf({ helper, around, registers, map }: Call, type: string, id: number): Value {
  const { program, state, newId } = around;
  const nullable = helper.result.kind === "struct" && helper.result.nullable;
  const first = registers[1]!;
  if (helper.name === "kptr_xchg") {
    const place = first as Pointer;
    const field = exchanged(place);
    state.references.set(id, state.slot);
    const to = kernelType(program, place, field);
    const own = to.types !== program.kernelTypes;
    return pointer("ptr_", { nullable, id, reference: id, type: to, own });
  }
  if (acquires.has(helper.name)) {
    state.references.set(id, state.slot);
    const kind = helper.name === "skc_lookup_tcp" ? "sock_common" : "sock";
    return pointer(kind, { nullable, id, reference: id });
  }
  if (map !== undefined) throw new Undecided(`result of bpf_${helper.name}`);
  const reference = casts.test(helper.name) && isPointer(first) ? first.reference : 0;
  if (type === "bpf_sock") return pointer("sock", { nullable, id: id || newId(), reference });
  if (type === "bpf_tcp_sock")
    return pointer("tcp_sock", { nullable, id: id || newId(), reference });
  const struct = program.kernelTypes?.findByName(type, "struct");
  if (struct === undefined) throw new Undecided(`struct ${type}`);
  const trust = helper.name === "get_current_task_btf" ? "trusted" : "plain";
  return pointer("ptr_", {
    nullable,
    id,
    reference,
    trust,
    type: { types: program.kernelTypes!, id: struct.id },
  });
}

/** Functions that give another view of what they are given (`is_ptr_cast_function`). */
const casts = /^(sk_fullsock|tcp_sock|skc_to_\w+)$/;

const acquires: ReadonlySet<string> = new Set(["sk_lookup_tcp", "sk_lookup_udp", "skc_lookup_tcp"]);
