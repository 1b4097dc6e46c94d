import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import { InvalidArgumentError } from "../base/errors.ts";
import { loadCollection } from "../collection/load.ts";
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
