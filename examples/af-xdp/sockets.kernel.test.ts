import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { describe, it } from "node:test";
import { inNetNamespace, needs } from "ts-ebpf/testing";
import { openXdpSocket, openXdpSockets } from "ts-ebpf/xdp-socket";
import { keepPrinted } from "../testing-printed.ts";
import { countUdp, lengths, reflect, transmit } from "./sockets.ts";

inNetNamespace(import.meta.url, () => {
  const queues = ["numtxqueues", "2", "numrxqueues", "2"];
  const ip = (...given: readonly string[]): Buffer => execFileSync("ip", given);
  ip("link", "add", "near0", ...queues, "type", "veth", "peer", "name", "far0", ...queues);
  for (const name of ["near0", "far0"]) {
    // IPv6 would send packets of its own, which come in between ours.
    const withoutIpv6 = `/proc/sys/net/ipv6/conf/${name}/disable_ipv6`;
    if (existsSync(withoutIpv6)) writeFileSync(withoutIpv6, "1");
    ip("link", "set", name, "up");
  }

  /** An Ethernet frame of `length` bytes, of no protocol that the kernel knows unless told. */
  const frame = (length: number, header: readonly number[] = []): Uint8Array => {
    const bytes = new Uint8Array(length).fill(0xff, 0, 6);
    bytes.set([2, 0, 0, 0, 0, 1, 0x88, 0xb5], 6);
    bytes.set(header, 12);
    return bytes;
  };
  const udp = [8, 0, 0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17];

  describe("examples of AF_XDP sockets", needs("root", "bpf"), () => {
    it("receive what others send", async (test) => {
      const printed = keepPrinted(test);
      const found = await lengths("far0", 2, () => {
        void transmit("near0", [frame(77), frame(99)]);
      });
      assert.deepEqual(found, [77, 99]);
      const [[mode, statistics]] = printed as [[string, { readonly received: number }]];
      assert.deepEqual([mode, statistics.received], ["copy", 2]);
    });

    it("reflect packets of two queues", async () => {
      using near = await openXdpSockets({ interface: "near0", queues: [0, 1] });
      const stop = new AbortController();
      const count = reflect("far0", stop.signal, () => {
        for (const { queue } of near.sockets) near.socket(queue).send([frame(70 + queue)]);
      });
      const back = new Set<number>();
      for await (const batch of near.packets({ timeoutMs: 60_000 })) {
        for (const bytes of batch) if (bytes[0] === 2) back.add(bytes.length);
        if (back.has(70) && back.has(71)) break;
      }
      assert.deepEqual(
        [...back].toSorted((first, second) => first - second),
        [70, 71],
      );
      stop.abort();
      assert.ok((await count) >= 2);
    });

    it("take the packets of a program of one's own, and no others", needs("btf"), async () => {
      using near = await openXdpSocket({ interface: "near0", map: "none" });
      const found = await countUdp("far0", 2, () => {
        near.send([frame(64), frame(64, udp), frame(64), frame(64, udp)]);
      });
      assert.equal(found, 2);
    });
  });
});
