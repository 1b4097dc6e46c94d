import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { viewOf } from "../../base/bytes.ts";
import { errno } from "../../kernel/errno.ts";
import { KernelTypes } from "../typed/kernel-types.ts";
import { callHelper, uncheckedKernel } from "./testing-call.ts";

const { btf } = new KernelTypes(undefined);

describe("helpers of security modules", () => {
  it("make an execution a secure one, and no other flag of it", () => {
    const kernel = uncheckedKernel();
    const program = kernel.object("linux_binprm", {});
    const { bitOffset } = btf.member("linux_binprm", "secureexec");
    const flags = (): number => kernel.bytes(program + BigInt(bitOffset >> 3), 1)[0]!;
    kernel.bytes(program + BigInt(bitOffset >> 3), 1)[0] = 1;
    assert.equal(callHelper(kernel, "bprm_opts_set", [program, 1]), 0n);
    assert.equal(flags(), 1 | (1 << (bitOffset & 7)));
    assert.equal(callHelper(kernel, "bprm_opts_set", [program, 0]), 0n);
    assert.equal(flags(), 1);
    assert.equal(callHelper(kernel, "bprm_opts_set", [program, 2]), BigInt(-errno.EINVAL));
  });

  it("find the socket that a file is", () => {
    const kernel = uncheckedKernel();
    const socket = kernel.object("socket", {});
    const operations = kernel.symbolAddress("socket_file_ops");
    const file = kernel.object("file", { f_op: operations, private_data: socket });
    assert.equal(callHelper(kernel, "sock_from_file", [file]), socket);
    const other = kernel.object("file", { private_data: socket });
    assert.equal(callHelper(kernel, "sock_from_file", [other]), 0n);
  });

  it("tell the hashes of files that a test gave", () => {
    const kernel = uncheckedKernel();
    const inode = kernel.object("inode", {});
    const file = kernel.object("file", { f_inode: inode });
    const room = kernel.place(new Uint8Array(8));
    const unknown = callHelper(kernel, "ima_inode_hash", [inode, room, 8]);
    assert.equal(unknown, BigInt(-errno.EOPNOTSUPP));
    kernel.addInodeHash(inode, { algorithm: 4, digest: Uint8Array.of(1, 2, 3, 4) });
    for (const [helper, object] of [
      ["ima_inode_hash", inode],
      ["ima_file_hash", file],
    ] as const) {
      kernel.bytes(room, 8).fill(0);
      assert.equal(callHelper(kernel, helper, [object, room, 3]), 4n);
      assert.deepEqual([...kernel.bytes(room, 8)], [1, 2, 3, 0, 0, 0, 0, 0]);
    }
  });
});

describe("helpers of remote controls", () => {
  it("tell what was found", () => {
    const kernel = uncheckedKernel();
    callHelper(kernel, "rc_keydown", [0, 7, 0x1234_5678_9abcn, 1]);
    callHelper(kernel, "rc_repeat", [0]);
    callHelper(kernel, "rc_pointer_rel", [0, -1, 5]);
    assert.deepEqual(kernel.remoteEvents, [
      { kind: "keydown", protocol: 7, scancode: 0x1234_5678_9abcn, toggle: 1 },
      { kind: "repeat" },
      { kind: "pointer", x: -1, y: 5 },
    ]);
  });
});

describe("helpers of TCP", () => {
  it("keep acknowledgements that were sent", () => {
    const kernel = uncheckedKernel();
    assert.equal(callHelper(kernel, "tcp_send_ack", [4711n, 0xffff_fff0]), 0n);
    assert.deepEqual(kernel.acknowledged, [{ socket: 4711n, next: 0xffff_fff0 }]);
  });

  it("know no transformations", () => {
    const kernel = uncheckedKernel();
    const room = kernel.place(Uint8Array.of(1, 2, 3, 4));
    const result = callHelper(kernel, "skb_get_xfrm_state", [0, 0, room, 4, 0]);
    assert.equal(result, BigInt(-errno.EINVAL));
    assert.equal(viewOf(kernel.bytes(room, 4)).getUint32(0), 0);
  });
});

describe("helpers on types", () => {
  it("find a type by its name and kind", () => {
    const kernel = uncheckedKernel();
    const find = (name: string, kind: number, flags = 0, length = name.length + 1): bigint =>
      callHelper(kernel, "btf_find_by_name_kind", [kernel.place(name), length, kind, flags]);
    assert.equal(find("task_struct", 4), BigInt(btf.typeByName("task_struct", "struct").id));
    assert.equal(find("task_struct", 5), BigInt(-errno.ENOENT));
    assert.equal(find("task_struct", 4, 1), BigInt(-errno.EINVAL));
    assert.equal(find("task_struct", 4, 0, 4), BigInt(-errno.EINVAL));
  });
});
