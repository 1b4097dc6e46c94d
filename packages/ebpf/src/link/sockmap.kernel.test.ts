import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import { InvalidArgumentError } from "../base/errors.ts";
import { compileAndLoad, loadCollection } from "../collection/load.ts";
import { NotSupportedError } from "../kernel/errors.ts";
import { skMsg, skSkb } from "../spec/socket-program.ts";
import { sockmap } from "../spec/sockmap.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";
import { needsLinux } from "../testing/needs-linux.ts";
import { needs } from "../testing/needs.ts";
import { withoutCommand } from "../testing/older-kernel.ts";
import { connectedSockets } from "../testing/sockets.ts";
import { attachSockmap } from "./sockmap.ts";
import { counting, hits } from "./testing-hits.ts";

const kernel = openNativeKernel();
const sockets = sockmap("sockets", 2);
const pass = counting(1);
const deadlineMs = 60_000;

describe("programs on maps of sockets", needs("root", "bpf"), () => {
  it("see what is sent", async () => {
    await using pair = await connectedSockets();
    using proxy = loadCollection(kernel, { hits, sockets, look: skMsg(pass, { map: sockets }) });
    proxy.attach();
    proxy.sockets.set(0, pair.client.descriptor);
    pair.client.socket.write("hello");
    const [data] = (await once(pair.server.socket, "data")) as [Buffer];
    assert.equal(data.toString(), "hello");
    assert.ok(proxy.hits.value > 0n);
    assert.ok(["sockmap", "prog_attach"].includes(proxy.links.get("look")!.kind));
  });

  it("see what is received", needsLinux(5, 13), async () => {
    await using pair = await connectedSockets();
    using proxy = loadCollection(kernel, { hits, sockets, look: skSkb("verdict", pass) });
    using link = attachSockmap(proxy.look, proxy.sockets);
    proxy.sockets.set(0, pair.server.descriptor);
    pair.client.socket.write("hello");
    const [data] = (await once(pair.server.socket, "data")) as [Buffer];
    assert.equal(data.toString(), "hello");
    assert.ok(proxy.hits.value > 0n);
    if (link.kind === "sockmap") assert.equal(link.info().attachType, "sk_skb_verdict");
  });

  it("cut what is received into messages, and drop what they say", needsLinux(5, 13), async () => {
    const parse = skSkb("stream_parser", () => {
      "use bpf";
      return 4;
    });
    const judge = skSkb("stream_verdict", () => {
      "use bpf";
      hits.value += 1n;
      return hits.value === 1n ? 0 : 1;
    });
    await using pair = await connectedSockets();
    using proxy = await compileAndLoad(kernel, { hits, sockets, parse, judge });
    using parsing = attachSockmap(proxy.parse, proxy.sockets);
    using judging = attachSockmap(proxy.judge, proxy.sockets);
    const { client, server } = pair;
    proxy.sockets.set(0, server.descriptor);
    client.socket.write("abcdefghijkl");
    let received = "";
    while (received.length < 8) {
      const signal = AbortSignal.timeout(deadlineMs);
      const [data] = (await once(server.socket, "data", { signal })) as [Buffer];
      received += data.toString();
    }
    assert.equal(received, "efghijkl");
    assert.equal(proxy.hits.value, 3n);
    if (parsing.kind === "sockmap") assert.equal(parsing.info().attachType, "sk_skb_stream_parser");
    if (judging.kind === "sockmap")
      assert.equal(judging.info().attachType, "sk_skb_stream_verdict");
  });

  it("are attached without a link where there is none", needsLinux(5, 17), async () => {
    await using pair = await connectedSockets();
    const older = withoutCommand(kernel, "linkCreate");
    using proxy = loadCollection(older, { hits, sockets, look: skMsg(pass, { map: sockets }) });
    const attached = (): number =>
      kernel.bpf("progQuery", { target: proxy.sockets.handle, attachType: "sk_msg_verdict" })
        .programs.length;
    proxy.attach();
    const link = proxy.links.get("look")!;
    assert.equal(link.kind, "prog_attach");
    assert.equal(attached(), 1);
    assert.throws(() => link.info(), NotSupportedError);
    proxy.sockets.set(0, pair.client.descriptor);
    pair.client.socket.write("hello");
    await once(pair.server.socket, "data");
    assert.ok(proxy.hits.value > 0n);
    proxy.detach();
    assert.equal(attached(), 0);
  });

  it("say which map they miss", () => {
    using proxy = loadCollection(kernel, { hits, look: skMsg(pass, { map: sockets }) });
    assert.throws(
      () => proxy.attach(),
      (error) => error instanceof InvalidArgumentError && /"sockets"/.test(error.message),
    );
    using nowhere = loadCollection(kernel, { hits, look: skSkb("verdict", pass) });
    assert.throws(() => nowhere.attach("look"), InvalidArgumentError);
  });
});
