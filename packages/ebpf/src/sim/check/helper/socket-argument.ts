/**
 * Objects of the kernel as arguments of helpers: sockets, tasks, inodes.
 *
 * Sockets are known to the verifier as such, or by their type in BTF; everything else by its type only. A type fits where
 * the object begins with what is wanted: `btf_struct_ids_match` of kernel/bpf/btf.c.
 * @module
 */
import { typeName } from "../memory/access.ts";
import { Refusal } from "../refusal.ts";
import { isPointer, type TypeRef, type Value } from "../state/value.ts";

/** What the verifier knows as sockets. */
export const socketKinds: ReadonlySet<string> = new Set([
  "sock",
  "sock_common",
  "tcp_sock",
  "xdp_sock",
]);

/** Helpers that take only what the verifier knows as sockets. */
const strict: ReadonlySet<string> = new Set(["sk_fullsock", "tcp_sock", "get_listener_sock"]);

/** Refuses what is no socket. */
export function assertSocket(
  value: Value,
  { register, helper }: { readonly register: number; readonly helper: string },
): void {
  const expected = "sock_common, sock, tcp_sock, xdp_sock, ptr_, trusted_ptr_";
  if (!isPointer(value) || value.nullable) throw wrongType(value, register, expected);
  if (socketKinds.has(value.kind)) return;
  if (value.kind !== "ptr_" || strict.has(helper)) throw wrongType(value, register, expected);
  assertObject(value, register, "sock_common");
}

/** Refuses what is no object of the type. */
export function assertObject(value: Value, register: number, wanted: string): void {
  const expected = `ptr_, trusted_ptr_, rcu_ptr_`;
  if (!isPointer(value) || value.kind !== "ptr_" || value.nullable)
    throw wrongType(value, register, expected);
  const { trust, type, offset, own } = value;
  if (own || trust === "untrusted" || trust === "user" || trust === "percpu")
    throw wrongType(value, register, expected);
  if (type !== undefined && beginsWith(type, wanted, offset)) return;
  const is = type === undefined ? "" : type.types.typeById(type.id).name;
  throw new Refusal(`R${register} is of type ${is} but ${wanted} is expected`);
}

/** Whether a struct has one called `wanted` at `offset`, at whatever depth. */
export function beginsWith({ types, id }: TypeRef, wanted: string, offset: number): boolean {
  const type = types.resolve(id);
  if (type.name === wanted && offset === 0) return true;
  if (type.kind === "union") {
    return type.members.some((it) => beginsWith({ types, id: it.type }, wanted, offset));
  }
  if (type.kind !== "struct") return false;
  const member = type.members.findLast((it) => it.bitOffset / 8 <= offset);
  return (
    member !== undefined &&
    beginsWith({ types, id: member.type }, wanted, offset - member.bitOffset / 8)
  );
}

/** A refusal of a value for what it is. */
export function wrongType(value: Value, register: number, expected: string): Refusal {
  const type = isPointer(value) ? typeName(value) : value.kind;
  return new Refusal(`R${register} type=${type} expected=${expected}`);
}
