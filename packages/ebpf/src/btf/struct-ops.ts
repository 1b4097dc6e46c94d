/**
 * What BTF says of structs of functions that programs may stand in for: `tcp_congestion_ops`, `sched_ext_ops`…
 *
 * For each such struct the kernel has another one, `bpf_struct_ops_<name>`, which is the value of the map that holds the
 * implementation: what is common to all, and behind it the struct itself as `data`. Which functions must be there, and
 * which other members may be set, only the kernel's code for the struct knows.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import { didYouMean } from "../base/text.ts";
import { describeType } from "./describe.ts";
import { resolveType, sizeOf } from "./resolve.ts";
import type { TypeSource } from "./type-source.ts";
import type { BtfType, BtfTypeId, BtfTypeOf } from "./type.ts";

/** A struct of functions as BTF describes it. */
export interface StructOps {
  readonly name: string;
  /** Id of the struct: what its programs name as the type they attach to. */
  readonly id: BtfTypeId;
  /** Id and size in bytes of the map's value, and where in it the struct begins. */
  readonly valueId: BtfTypeId;
  readonly valueSize: number;
  readonly dataOffset: number;
  readonly members: readonly StructOpsMember[];
}

/** A member of such a struct. */
export interface StructOpsMember {
  readonly name: string;
  /** Its number in the struct, which its program names. */
  readonly index: number;
  /** Bytes from the start of the struct. */
  readonly offset: number;
  readonly sizeBytes: number;
  /** Its type; for functions that of the pointer. */
  readonly type: BtfTypeId;
  readonly kind: "function" | "value";
  /** The type as C says it: `u32 (*)(struct sock *)`. */
  readonly description: string;
}

/** Source: `BPF_STRUCT_OPS_TYPE` and `STRUCT_OPS_VALUE_PREFIX` in kernel/bpf/bpf_struct_ops.c. */
const prefix = "bpf_struct_ops_";

/**
 * The struct of functions called `name`. Minimum kernel 5.6.
 * @throws InvalidArgumentError when the kernel has none of this name that programs may stand in for.
 */
export function structOpsOf(types: TypeSource, name: string): StructOps {
  const value = types.findByName(`${prefix}${name}`, "struct");
  const data = value && dataOf(types, value, name);
  if (value === undefined || data === undefined) throw notFound(types, name);
  const struct = resolveType(types, data.type) as BtfTypeOf<"struct">;
  return Object.freeze({
    name,
    id: struct.id,
    valueId: value.id,
    valueSize: value.size,
    dataOffset: data.bitOffset / 8,
    members: struct.members.map((member, index) => memberOf(types, member, index)),
  });
}

/** Names of the structs of functions that programs of this kernel may stand in for, those in modules left out. */
export function structOpsNames(types: TypeSource): readonly string[] {
  const names = new Set(namesIn(types));
  return [...names].filter((name) => {
    const value = types.findByName(`${prefix}${name}`, "struct");
    return value !== undefined && dataOf(types, value, name) !== undefined;
  });
}

type Member = BtfTypeOf<"struct">["members"][number];

/** The member `data` of a map's value; other structs whose names begin like this have none of the right type. */
function dataOf(types: TypeSource, value: BtfTypeOf<"struct">, name: string): Member | undefined {
  return value.members.find((member) => {
    if (member.name !== "data") return false;
    const type = resolveType(types, member.type);
    return type.kind === "struct" && type.name === name;
  });
}

function memberOf(types: TypeSource, member: Member, index: number): StructOpsMember {
  const { name, type, bitOffset } = member;
  return Object.freeze({
    name,
    index,
    offset: bitOffset / 8,
    sizeBytes: sizeOf(types, type),
    type,
    kind: isFunction(types, resolveType(types, type)) ? "function" : "value",
    description: describeType(types, type),
  });
}

function isFunction(types: TypeSource, type: BtfType): boolean {
  return type.kind === "ptr" && resolveType(types, type.type).kind === "func_proto";
}

function notFound(types: TypeSource, name: string): InvalidArgumentError {
  const hint =
    didYouMean(name, structOpsNames(types)) ??
    `this kernel has ${structOpsNames(types).join(", ") || "none"}`;
  return new InvalidArgumentError(
    `there is no struct of functions "${name}" in ${types.path} that programs may stand in for`,
    { hint },
  );
}

function* namesIn(types: TypeSource): Generator<string, void> {
  for (const name of types.namesLike(prefix, "struct")) {
    if (name.startsWith(prefix)) yield name.slice(prefix.length);
  }
}
