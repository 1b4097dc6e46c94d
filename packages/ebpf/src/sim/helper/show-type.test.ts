import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { errno } from "../../kernel/errno.ts";
import { KernelTypes } from "../typed/kernel-types.ts";
import { showFlags, showType } from "./show-type.ts";
import { callHelper, uncheckedKernel } from "./testing-call.ts";

const { btf } = new KernelTypes(undefined);
const idOf = (name: string) => btf.typeByName(name).id;

/** A header of IPv4 in which most is zero. */
const header = Uint8Array.from({ length: 20 }, (_, index) => [0x45, 0, 1, 0][index] ?? 0);

describe("values shown by their types", () => {
  const { compact, noName, zero } = showFlags;

  it("have a line for each member that is not zero", () => {
    assert.equal(
      showType(btf, idOf("iphdr"), header, 0n),
      [
        "(struct iphdr){",
        " .ihl = (__u8)0x5,",
        " .version = (__u8)0x4,",
        " .tot_len = (__be16)1,",
        "}",
        "",
      ].join("\n"),
    );
  });

  it("are on one line, without names, with zeros, as flags say", () => {
    const id = idOf("iphdr");
    const short = "{0x5,0x4,1,}";
    assert.equal(showType(btf, id, header, compact | noName), short);
    const list = new Uint8Array(16);
    list[0] = 1;
    const [next, previous] = ["0x0000000000000001", "0x0000000000000000"];
    const head = idOf("list_head");
    assert.equal(
      showType(btf, head, list, compact | zero),
      `(struct list_head){.next = (struct list_head *)${next},.prev = (struct list_head *)${previous},}`,
    );
    assert.equal(showType(btf, head, list, compact | noName), `{${next},}`);
    assert.equal(showType(btf, head, new Uint8Array(16), compact), "(struct list_head){}");
  });

  it("are text for programs, which have to say of which type", () => {
    const kernel = uncheckedKernel();
    const room = kernel.place(new Uint8Array(16));
    const value = kernel.place(header);
    const show = (id: number, flags: bigint, size = 16): bigint => {
      const pointer = new BigUint64Array([value, BigInt(id)]);
      const place = kernel.place(new Uint8Array(pointer.buffer));
      return callHelper(kernel, "snprintf_btf", [room, 8, place, size, flags]);
    };
    assert.equal(show(idOf("iphdr"), compact | noName), 12n);
    const text = new TextDecoder().decode(kernel.bytes(room, 8));
    assert.equal(text, "{0x5,0x\0", "cut where there is no more room");
    assert.equal(show(0, 0n), BigInt(-errno.EINVAL));
    assert.equal(show(idOf("iphdr"), 16n), BigInt(-errno.EINVAL));
    assert.equal(show(idOf("iphdr"), 0n, 8), BigInt(-errno.EINVAL));
    assert.equal(show(10_000_000, 0n), BigInt(-errno.ENOENT));
    assert.equal(show(idOf("task_struct"), 0n), BigInt(-errno.EFAULT), "there is less memory");
  });
});
