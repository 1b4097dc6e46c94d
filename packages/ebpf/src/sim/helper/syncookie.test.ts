import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { viewOf } from "../../base/bytes.ts";
import { errno } from "../../kernel/errno.ts";
import type { SimulatedKernel } from "../simulated-kernel.ts";
import { callHelper, uncheckedKernel } from "./testing-call.ts";

const invalid = BigInt(-errno.EINVAL);
const noEntry = BigInt(-errno.ENOENT);

const ip = {
  ipv4: Uint8Array.of(0x45, 0, 0, 44, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2),
  ipv6: Uint8Array.from({ length: 40 }, (_, index) => (index === 0 ? 0x60 : index)),
};
const lengths = { ipv4: 20, ipv6: 40 } as const;

/** A header of TCP with the size of segments as option, where it is one of a first packet. */
function tcp(flags: number, numbers: { readonly seq: number; readonly ack?: number }): Uint8Array {
  const isFirst = flags === 2;
  const header = new Uint8Array(isFirst ? 24 : 20);
  header.set([0x30, 0x39, 0, 80]);
  viewOf(header).setUint32(4, numbers.seq);
  viewOf(header).setUint32(8, numbers.ack ?? 0);
  header[12] = (header.length / 4) << 4;
  header[13] = flags;
  if (isFirst) header.set([2, 4, 1450 >> 8, 1450 & 0xff], 20);
  return header;
}

function listeningSocket(kernel: SimulatedKernel): bigint {
  return kernel.addressOf(kernel.addSocket({ family: 2, protocol: 6, state: 10 }));
}

describe("SYN cookies", () => {
  for (const version of ["ipv4", "ipv6"] as const) {
    it(`of ${version} are known again, for a while and by nobody else`, () => {
      const kernel = uncheckedKernel();
      const address = kernel.place(ip[version]);
      const first = tcp(2, { seq: 1000 });
      const make = (length = 24, at = address): bigint =>
        callHelper(kernel, `tcp_raw_gen_syncookie_${version}`, [at, kernel.place(first), length]);
      const check = (header: Uint8Array, at = address): bigint =>
        callHelper(kernel, `tcp_raw_check_syncookie_${version}`, [at, kernel.place(header)]);
      const made = make();
      assert.equal(made >> 32n, 1440n);
      const ack = (Number(made & 0xffff_ffffn) + 1) >>> 0;
      const answer = tcp(16, { seq: 1001, ack });
      assert.equal(check(answer), 0n);
      assert.equal(check(tcp(16, { seq: 2001, ack })), BigInt(-errno.EACCES));
      const other = ip[version].slice();
      other[other.length - 1]! ^= 1;
      assert.equal(check(answer, kernel.place(other)), BigInt(-errno.EACCES));
      kernel.advance(60_000_000_000n);
      assert.equal(check(answer), 0n);
      kernel.advance(60_000_000_000n);
      assert.equal(check(answer), BigInt(-errno.EACCES));
      assert.equal(make(20), invalid);
    });
  }

  it("are those of sockets that listen", () => {
    const kernel = uncheckedKernel();
    const [listening, address] = [listeningSocket(kernel), kernel.place(ip.ipv4)];
    const connected = kernel.addressOf(kernel.addSocket({ family: 2, protocol: 6, state: 1 }));
    const make = (socket: bigint, header: Uint8Array): bigint =>
      callHelper(kernel, "tcp_gen_syncookie", [
        socket,
        address,
        lengths.ipv4,
        kernel.place(header),
        header.length,
      ]);
    const check = (header: Uint8Array): bigint =>
      callHelper(kernel, "tcp_check_syncookie", [
        listening,
        address,
        lengths.ipv4,
        kernel.place(header),
        header.length,
      ]);
    const made = make(listening, tcp(2, { seq: 7 }));
    assert.equal(made >> 32n, 1440n);
    assert.equal(make(connected, tcp(2, { seq: 7 })), invalid);
    assert.equal(make(listening, tcp(18, { seq: 7 })), invalid);
    const ack = (Number(made & 0xffff_ffffn) + 1) >>> 0;
    assert.equal(check(tcp(16, { seq: 8, ack })), 0n);
    assert.equal(check(tcp(16, { seq: 8, ack: ack + 1000 })), noEntry);
    assert.equal(check(tcp(18, { seq: 8, ack })), noEntry);
  });
});
