/**
 * Loads from and stores to objects of the kernel, and objects that a program made.
 *
 * `check_ptr_to_btf_access` of kernel/bpf/verifier.c: at a fixed offset, where the type has a member, to read only; but
 * for objects of the program's own types, whose fields that are the kernel's nobody may touch.
 * @module
 */
import type { Btf } from "../../../btf/btf.ts";
import type { Access, Surroundings } from "../memory/access.ts";
import { fieldsOf } from "../memory/special-fields.ts";
import { sizedScalar } from "../number/scalar.ts";
import type { CheckedProgram } from "../program.ts";
import { Refusal, Undecided } from "../refusal.ts";
import type { State } from "../state/state.ts";
import { isFixed, type Pointer, pointer, type TypeRef, type Value } from "../state/value.ts";
import { assertStore } from "./store.ts";
import { memberAt, structNamed, trustOf } from "./types.ts";

/** Checks an access; what a load gives. */
export function accessObject(
  around: {
    readonly program: CheckedProgram;
    readonly state: State | undefined;
    readonly newId?: Surroundings["newId"];
  },
  to: Pointer,
  { name, size, stored, ...access }: Omit<Access, "to">,
): Value {
  const { type, trust } = to;
  const offset = to.offset + access.offset;
  if (type === undefined) throw new Undecided("what an address of the kernel leads to");
  const what = `ptr_${type.types.typeById(type.id).name}`;
  if (offset < 0) throw new Refusal(`${name} is ${what} invalid negative access: off=${offset}`);
  if (!isFixed(to))
    throw new Refusal(`${name} is ${what} invalid variable offset: off=${offset}, var_off=?`);
  if (trust === "user") throw new Refusal(`${name} is ${what} access user memory: off=${offset}`);
  if (trust === "percpu")
    throw new Refusal(`${name} is ${what} access percpu memory: off=${offset}`);
  if (to.own) return accessOwn(type, { offset, size, stored });
  if (stored !== undefined) {
    if (trust === "untrusted" || access.byCall === true)
      throw new Refusal("only read is supported");
    assertStore(around.program, type, { offset, size });
    return stored;
  }
  if (size === 0) throw new Refusal(`${what} doesn't have field of no bytes at offset ${offset}`);
  const found = memberAt(type, { offset, size });
  if (found.kind === "number") return sizedScalar(size);
  const inRcu = around.state === undefined ? false : isInRcu(around.state);
  const { trust: reached, nullable } = trustOf(found, to.trust, inRcu);
  const id = nullable ? (around.newId?.() ?? 0) : 0;
  return pointer("ptr_", { type: found.to, trust: reached, nullable, id });
}

/** Whether what RCU protects stays: in a region of it, while a lock is held, or wherever nothing sleeps (`in_rcu_cs`). */
export function isInRcu({ rcu, locks, sleepable }: State): boolean {
  return rcu > 0 || locks.length > 0 || !sleepable;
}

function accessOwn(
  { types, id }: TypeRef,
  {
    offset,
    size,
    stored,
  }: { readonly offset: number; readonly size: number; readonly stored: Value | undefined },
): Value {
  const length = types.size(id);
  if (offset + size > length) {
    throw new Refusal(
      `access beyond struct ${types.typeById(id).name} at off ${offset} size ${size}`,
    );
  }
  const field = fieldsOf(types, id).find(
    (it) => offset < it.offset + it.size && offset + size > it.offset,
  );
  if (field !== undefined) {
    const word = stored === undefined ? "read from" : "write to";
    throw new Refusal(
      `direct ${word} field of ${field.kind} is disallowed, direct access to ${field.kind} is disallowed`,
    );
  }
  return stored ?? sizedScalar(size);
}

/** The struct of the kernel that a map of this type is. */
export function mapStruct(types: Btf | undefined, type: string): TypeRef {
  const struct = structNamed(types, mapStructs[type] ?? "bpf_map");
  if (struct === undefined) throw new Undecided(`fields of ${type} maps`);
  return struct;
}

const mapStructs: Readonly<Record<string, string>> = {
  array: "bpf_array",
  percpu_array: "bpf_array",
  prog_array: "bpf_array",
  perf_event_array: "bpf_array",
  cgroup_array: "bpf_array",
  array_of_maps: "bpf_array",
  hash: "bpf_htab",
  percpu_hash: "bpf_htab",
  lru_hash: "bpf_htab",
  lru_percpu_hash: "bpf_htab",
  hash_of_maps: "bpf_htab",
  lpm_trie: "lpm_trie",
  ringbuf: "bpf_ringbuf_map",
  user_ringbuf: "bpf_ringbuf_map",
  stack_trace: "bpf_stack_map",
  queue: "bpf_queue_stack",
  stack: "bpf_queue_stack",
  reuseport_sockarray: "reuseport_array",
  sockmap: "bpf_stab",
  sockhash: "bpf_shtab",
  devmap: "bpf_dtab",
  devmap_hash: "bpf_dtab",
  cpumap: "bpf_cpu_map",
  xskmap: "xsk_map",
  cgroup_storage: "bpf_cgroup_storage_map",
  percpu_cgroup_storage: "bpf_cgroup_storage_map",
  sk_storage: "bpf_local_storage_map",
  task_storage: "bpf_local_storage_map",
  inode_storage: "bpf_local_storage_map",
  cgrp_storage: "bpf_local_storage_map",
};
