import assert from "node:assert/strict";
import { once } from "node:events";
import type { Socket } from "node:net";
import { describe, it } from "node:test";
import { load, sum } from "ts-ebpf";
import { needs } from "ts-ebpf/testing";
import { connectedSockets } from "ts-ebpf/testing";
import { forward, forwarded, peers, sockets } from "./sockmap-proxy.ts";

describe("sockmap-proxy", needs("root", "bpf", "btf"), () => {
  it("joins two connections", async () => {
    await using left = await connectedSockets();
    await using right = await connectedSockets();
    await using proxy = await load({ sockets, peers, forwarded, forward });
    proxy.attach();
    // The proxy has the server's end of both.
    for (const pair of [left, right]) {
      pair.server.socket.on("data", () => assert.fail("the proxy read something"));
    }
    proxy.sockets.set(0, left.server.descriptor);
    proxy.sockets.set(1, right.server.descriptor);
    proxy.peers.set(proxy.sockets.get(0)!, 1);
    proxy.peers.set(proxy.sockets.get(1)!, 0);

    assert.equal(
      await say("to the right", left.client.socket, right.client.socket),
      "to the right",
    );
    assert.equal(await say("and back", right.client.socket, left.client.socket), "and back");
    assert.equal(sum(proxy.forwarded.get(0)!), BigInt("to the rightand back".length));
  });
});

async function say(text: string, from: Socket, to: Socket): Promise<string> {
  from.write(text);
  const [data] = (await once(to, "data")) as [Buffer];
  return data.toString();
}
