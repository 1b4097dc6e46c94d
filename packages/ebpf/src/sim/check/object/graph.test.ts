import { describe, it } from "node:test";
import { parseBtf } from "../../../btf/btf.ts";
import { BtfBuilder } from "../../../btf/testing-builder.ts";
import { checkedMaps, checkLine, type Expected, functionsOf, programOf } from "../testing-lines.ts";

/** Types of a program and of a kernel at once: `foo` has a list node at 8, a tree node at 32 and a count at 64. */
function buildTypes(): {
  readonly bytes: Uint8Array;
  readonly foo: number;
  readonly value: number;
  readonly func: number;
} {
  const builder = new BtfBuilder();
  const int = builder.int("int", 4, 1);
  const field = (name: string, size: number): number => builder.struct(name, size, [["x", int, 0]]);
  const [lock, head, node] = [
    field("bpf_spin_lock", 4),
    field("bpf_list_head", 16),
    field("bpf_list_node", 24),
  ];
  const [root, leaf, count] = [
    field("bpf_rb_root", 16),
    field("bpf_rb_node", 32),
    field("bpf_refcount", 4),
  ];
  const foo = builder.struct("foo", 72, [
    ["data", int, 0],
    ["node", node, 64],
    ["leaf", leaf, 256],
    ["count", count, 512],
  ]);
  const value = builder.struct("value", 40, [
    ["lock", lock, 0],
    ["head", head, 64],
    ["root", root, 192],
  ]);
  builder.declTag("contains:foo:node", value, 1);
  builder.declTag("contains:foo:leaf", value, 2);
  const any = builder.proto(builder.ptr(0), [["id__k", int]]);
  for (const name of kfuncs) builder.func(`bpf_${name}`, any, 0);
  const func = builder.func("less", any, 0);
  return { bytes: builder.build(), foo, value, func };
}

const kfuncs = (
  "obj_new_impl obj_drop_impl refcount_acquire_impl list_push_front_impl list_pop_front list_front " +
  "rbtree_add_impl rbtree_remove rbtree_first"
).split(" ");

const built = buildTypes();
const types = parseBtf(built.bytes);
const shape = { name: "shared", type: "array", keySize: 4, valueSize: 40, maxEntries: 1 } as const;
const maps = [...checkedMaps, { ...shape, types, valueType: built.value }];

const make = `r1 = ${built.foo}; r2 = 0; call kernel:bpf_obj_new_impl; if r0 == 0 goto out; r6 = r0`;
const drop = "r1 = r6; r2 = 0; call kernel:bpf_obj_drop_impl";
const at = (offset: number): string => `r1 = map[index:9][0]+${offset}`;
const lock = `${at(0)}; call bpf_spin_lock`;
const unlock = `${at(0)}; call bpf_spin_unlock`;
const push = `${at(8)}; r2 = r6; r2 += 8; r3 = 0; r4 = 0; call kernel:bpf_list_push_front_impl`;
const pop = `${at(8)}; call kernel:bpf_list_pop_front`;

function check(line: string, expected: Expected): void {
  const full = `sched_cls: ${line}; out: r0 = 0; exit`;
  checkLine(full, expected, { maps, types, kernelTypes: types });
}

describe("objects of the program's own", () => {
  it("are given back", () => {
    check(`${make}; ${drop}`, "accepted");
    check(make, /Unreleased reference/);
    check(`${make}; ${drop}; r1 = *(u32 *)(r6 + 0)`, /R6 invalid mem access 'scalar'/);
    check(`${make}; r6 += 8; ${drop}`, /R1 must have zero offset when passed to release func/);
    check(make.replace(`r1 = ${built.foo}`, "r1 = 1"), /type ID argument must be of a struct/);
  });

  it("are read and written but for what is the kernel's in them", () => {
    check(`${make}; *(u32 *)(r6 + 0) = 1; ${drop}`, "accepted");
    check(
      `${make}; *(u64 *)(r6 + 8) = 1; ${drop}`,
      /direct write to field of bpf_list_node is disallowed/,
    );
    check(`${make}; *(u32 *)(r6 + 72) = 1; ${drop}`, /access beyond struct foo at off 72 size 4/);
  });

  it("are counted", () => {
    const share = "r1 = r6; r2 = 0; call kernel:bpf_refcount_acquire_impl";
    check(
      `${make}; ${share}; r7 = r0; ${drop}; r1 = r7; r2 = 0; call kernel:bpf_obj_drop_impl`,
      "accepted",
    );
    check(`${make}; ${share}; ${drop}`, /Unreleased reference/);
  });
});

describe("lists", () => {
  it("take objects under their lock", () => {
    check(`${make}; ${lock}; ${push}; ${unlock}`, "accepted");
    check(`${make}; ${push}`, /bpf_spin_lock at off=0 must be held for bpf_list_head/);
    check(
      `${make}; ${lock}; ${push.replace("r2 += 8", "r2 += 32")}; ${unlock}`,
      /arg is at offset=32 in struct foo/,
    );
    check(
      `${make}; ${lock}; ${push.replace(at(8), at(16))}; ${unlock}`,
      /bpf_list_head not found at offset=16/,
    );
    check(`${make}; ${lock}; ${push}; ${push}; ${unlock}`, /allocated object must be referenced/);
  });

  it("lend what is in them until the lock is given back", () => {
    check(`${make}; ${lock}; ${push}; *(u32 *)(r6 + 0) = 1; ${unlock}`, "accepted");
    check(
      `${make}; ${lock}; ${push}; ${unlock}; *(u32 *)(r6 + 0) = 1`,
      /R6 invalid mem access 'scalar'/,
    );
  });

  it("give objects back, which are owned again", () => {
    const taken = `${lock}; ${pop}; r6 = r0; ${unlock}; if r6 == 0 goto out`;
    check(`${taken}; r6 += -8; ${drop}`, "accepted");
    check(`${taken}; ${drop}`, /zero offset/);
    check(taken, /Unreleased reference/);
  });
});

describe("trees", () => {
  const insert = `${at(24)}; r2 = r6; r2 += 32; r3 = subprog[less]; r4 = 0; r5 = 0; call kernel:bpf_rbtree_add_impl`;
  const less = (body: string): string => `; out: r0 = 0; exit; less: ${body}; r0 = 0; exit`;
  function checkTree(line: string, body: string, expected: Expected): void {
    const full = `sched_cls: ${line}${less(body)}`;
    const functions = functionsOf(programOf(full, types).instructions, [built.func]);
    checkLine(full, expected, { maps, types, kernelTypes: types, functions });
  }

  it("ask the program where an object belongs, under the lock", () => {
    const add = `${make}; ${lock}; ${insert}; ${unlock}`;
    checkTree(add, "r3 = *(u32 *)(r1 - 32)", "accepted");
    checkTree(add, "r3 = *(u32 *)(r1 + 48)", /access beyond struct foo/);
    checkTree(add, `${at(0)}; call bpf_spin_unlock`, /can't spin_\{lock,unlock\} in rbtree cb/);
    checkTree(add, `${at(24)}; call kernel:bpf_rbtree_first`, /not allowed in rbtree cb/);
    checkTree(`${make}; ${insert}`, "r3 = 0", /must be held for bpf_rb_root/);
  });
});
