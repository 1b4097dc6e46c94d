import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { describe, it } from "node:test";
import { load } from "ts-ebpf";
import { needs } from "ts-ebpf/testing";
import { inNetNamespace } from "ts-ebpf/testing";
import { descriptorOf, portOf } from "ts-ebpf/testing";
import { firstPort, lastPort, listener, steer } from "./sk-lookup-steering.ts";

async function reply(port: number): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  const [data] = (await once(socket, "data")) as [Buffer];
  socket.destroy();
  return data.toString();
}

inNetNamespace(import.meta.url, () => {
  describe("sk-lookup-steering", needs("bpf", "btf"), () => {
    it("gives one socket a range of ports", async () => {
      await using server = createServer((socket) => socket.end(String(socket.localPort)));
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      [firstPort.value, lastPort.value] = [200, 299];
      await using steering = await load({ firstPort, lastPort, listener, steer });
      steering.attach();
      await assert.rejects(reply(250), { code: "ECONNREFUSED" });
      steering.listener.set(0, descriptorOf(server));
      for (const port of [200, 250, 299]) assert.equal(await reply(port), String(port));
      for (const port of [199, 300]) await assert.rejects(reply(port), { code: "ECONNREFUSED" });
      assert.equal(await reply(portOf(server)), String(portOf(server)));
      steering.detach();
      await assert.rejects(reply(250), { code: "ECONNREFUSED" });
    });
  });
});
