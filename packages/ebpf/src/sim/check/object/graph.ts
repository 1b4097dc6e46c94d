/**
 * Lists and trees of objects that a program made: what is put in belongs to them, and is only borrowed until the lock is
 * given back.
 *
 * An address of an own object without a reference is a borrowed one. Who takes an object out owns it again. The lock that
 * lies beside the root must be held: `process_kf_arg_ptr_to_graph_root` and its kind of kernel/bpf/verifier.c.
 * @module
 */
import { enterCallback } from "../helper/callback.ts";
import type { KfuncCall } from "../kfunc/argument.ts";
import { unknownScalar } from "../number/scalar.ts";
import { Refusal } from "../refusal.ts";
import { currentFrame, replaceValues } from "../state/state.ts";
import {
  isFixed,
  isPointer,
  type Pointer,
  pointer,
  type TypeRef,
  type Value,
} from "../state/value.ts";
import { assertLocked, fieldsAround } from "./lock.ts";

type GraphRule = (call: KfuncCall, root: Root) => Value;

/** A list or a tree. */
interface Root {
  readonly kind: "bpf_list_head" | "bpf_rb_root";
  /** What its elements are, and where in them the node is. */
  readonly element: TypeRef;
  readonly offset: number;
}

const rules: Readonly<Record<string, GraphRule>> = {
  bpf_list_push_front_impl: putIn,
  bpf_list_push_back_impl: putIn,
  bpf_list_pop_front: takeOut,
  bpf_list_pop_back: takeOut,
  bpf_list_front: borrow,
  bpf_list_back: borrow,
  bpf_rbtree_add_impl: addToTree,
  bpf_rbtree_first: borrow,
  bpf_rbtree_root: borrow,
  bpf_rbtree_remove: (call, root) => {
    assertNode(call, root);
    return takeOut(call, root);
  },
  bpf_rbtree_left: (call, root) => {
    assertNode(call, root);
    return borrow(call, root);
  },
  bpf_rbtree_right: (call, root) => {
    assertNode(call, root);
    return borrow(call, root);
  },
};

/** Whether a function of the kernel is about lists or trees; such are called while a lock is held. */
export function isGraphFunction(name: string): boolean {
  return name in rules;
}

/** Checks a call; what it returns. */
export function callGraph(call: KfuncCall): Value {
  const { state } = call.around;
  const kind = call.name.startsWith("bpf_list") ? "bpf_list_head" : "bpf_rb_root";
  if (state.frames.some(({ callback }) => callback?.locked === true)) {
    throw new Refusal(`${call.name} not allowed in rbtree cb`, "EINVAL");
  }
  return rules[call.name]!(call, rootOf(call, kind));
}

function rootOf({ around }: KfuncCall, kind: Root["kind"]): Root {
  const value = currentFrame(around.state).registers[1]!;
  const isPlace = isPointer(value) && (value.kind === "map_value" || value.own) && !value.nullable;
  if (!isPlace) {
    throw new Refusal("arg#0 expected pointer to map value or allocated object", "EINVAL");
  }
  if (!isFixed(value)) {
    throw new Refusal(
      `R1 doesn't have constant offset. ${kind} has to be at the constant offset`,
      "EINVAL",
    );
  }
  const found = fieldsAround(value).find((it) => it.kind === kind && it.offset === value.offset);
  const types = value.map?.types ?? value.type?.types;
  if (found?.contains === undefined || types === undefined) {
    throw new Refusal(`${kind} not found at offset=${value.offset}`, "EINVAL");
  }
  assertLocked(around.state, value, { fields: fieldsAround(value), kind });
  return { kind, element: { types, id: found.contains.type }, offset: found.contains.offset };
}

/** The node of the second argument, in an element of the right type, at the right place. */
function assertNode({ around, name }: KfuncCall, { kind, element, offset }: Root): Pointer {
  const value = currentFrame(around.state).registers[2]!;
  if (value.kind === "unset") throw new Refusal("R2 !read_ok");
  const isOwn = isPointer(value) && value.kind === "ptr_" && value.own && !value.nullable;
  if (!isOwn) throw new Refusal("arg#1 expected pointer to allocated object", "EINVAL");
  const node = kind === "bpf_rb_root" ? "bpf_rb_node" : "bpf_list_node";
  if (!isFixed(value)) {
    throw new Refusal(
      `R2 doesn't have constant offset. ${node} has to be at the constant offset`,
      "EINVAL",
    );
  }
  if (sameStruct(value.type!, element) && value.offset === offset) return value;
  const [wanted, is] = [element, value.type!].map(({ types, id }) => types.typeById(id).name);
  throw new Refusal(
    `operation on ${kind} expects arg#1 ${node} at offset=${offset} in struct ${wanted}, ` +
      `but arg is at offset=${value.offset} in struct ${is} (${name})`,
    "EINVAL",
  );
}

/** The same type, or one of the same name and size in a copy of the types. */
function sameStruct(a: TypeRef, b: TypeRef): boolean {
  if (a.types === b.types) return a.id === b.id;
  return (
    a.types.typeById(a.id).name === b.types.typeById(b.id).name &&
    a.types.size(a.id) === b.types.size(b.id)
  );
}

/** An object that the program owns becomes the list's: what leads to it is borrowed from now on. */
function putIn(call: KfuncCall, root: Root): Value {
  const { state } = call.around;
  const { reference } = assertNode(call, root);
  if (reference === 0) throw new Refusal("allocated object must be referenced", "EINVAL");
  state.references.delete(reference);
  replaceValues(state, (it) =>
    isPointer(it) && it.reference === reference ? { ...it, reference: 0 } : it,
  );
  return unknownScalar;
}

/** As {@link putIn}, after the program's function has said where. */
function addToTree(call: KfuncCall, root: Root): Value {
  const { around } = call;
  const less = currentFrame(around.state).registers[3]!;
  if (less.kind !== "func") throw new Refusal("arg#2 expected pointer to func", "EINVAL");
  const { reference } = assertNode(call, root);
  if (reference === 0) throw new Refusal("allocated object must be referenced", "EINVAL");
  const { element: type, offset } = root;
  const borrowed = pointer("ptr_", { type, offset, own: true, id: around.newId() });
  enterCallback(around, {
    start: less.place,
    values: [borrowed, { ...borrowed, id: around.newId() }],
    results: [0n, 1n],
    later: false,
    locked: true,
  });
  return putIn(call, root);
}

function takeOut({ around }: KfuncCall, { element: type, offset }: Root): Value {
  const id = around.newId();
  around.state.references.set(id, around.state.slot);
  return pointer("ptr_", { type, offset, own: true, nullable: true, id, reference: id });
}

function borrow({ around }: KfuncCall, { element: type, offset }: Root): Value {
  return pointer("ptr_", { type, offset, own: true, nullable: true, id: around.newId() });
}
