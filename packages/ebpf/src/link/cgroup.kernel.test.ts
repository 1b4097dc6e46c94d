import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { describe, it } from "node:test";
import { InvalidArgumentError } from "../base/errors.ts";
import { loadCollection } from "../collection/load.ts";
import { NotFoundError } from "../kernel/errors.ts";
import {
  cgroupDevice,
  type CgroupOptions,
  cgroupSkb,
  cgroupSock,
  cgroupSockAddr,
  cgroupSockopt,
  cgroupSysctl,
  sockOps,
} from "../spec/cgroup.ts";
import type { CgroupTarget, ProgramSpec } from "../spec/program-spec.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";
import { makeCgroup } from "../testing/cgroup.ts";
import { needs } from "../testing/needs.ts";
import { portOf } from "../testing/sockets.ts";
import { attachCgroup } from "./cgroup.ts";
import { counting, hits } from "./testing-hits.ts";

const kernel = openNativeKernel();
const allow = counting(1);

const send = `${process.execPath} -e '
const socket = require("node:dgram").createSocket({ type: "udp4", reuseAddr: true });
socket.bind(0, "127.0.0.1", () => socket.send("x", socket.address().port, "127.0.0.1"));
socket.on("message", () => socket.close());
'`;
const connect = "exec 3<>/dev/tcp/127.0.0.1/$PORT";

/** Programs of each kind, and a command that makes them run. */
const families: readonly (readonly [
  string,
  (options: CgroupOptions) => ProgramSpec<CgroupTarget>,
  string,
])[] = [
  ["connect4", (options) => cgroupSockAddr("connect4", allow, options), connect],
  ["bind4", (options) => cgroupSockAddr("bind4", allow, options), send],
  ["sendmsg4", (options) => cgroupSockAddr("sendmsg4", allow, options), send],
  ["recvmsg4", (options) => cgroupSockAddr("recvmsg4", allow, options), send],
  ["sock_create", (options) => cgroupSock("sock_create", allow, options), connect],
  ["sock_release", (options) => cgroupSock("sock_release", allow, options), connect],
  ["post_bind4", (options) => cgroupSock("post_bind4", allow, options), send],
  ["egress", (options) => cgroupSkb("egress", allow, options), connect],
  ["ingress", (options) => cgroupSkb("ingress", allow, options), connect],
  ["setsockopt", (options) => cgroupSockopt("setsockopt", allow, options), send],
  ["device", (options) => cgroupDevice(allow, options), "echo > /dev/null"],
  ["sysctl", (options) => cgroupSysctl(allow, options), "cat /proc/sys/kernel/ostype"],
  ["sockops", (options) => sockOps(allow, options), connect],
];

describe("programs on control groups", needs("root", "bpf", "cgroup2"), () => {
  for (const [name, make, command] of families) {
    it(`run at ${name}`, async () => {
      using group = makeCgroup();
      await using server = createServer((socket) => socket.destroy());
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      using tracer = loadCollection(kernel, { hits, seen: make({ cgroup: group.folder }) });
      tracer.attach();
      assert.equal(group.run(`PORT=${portOf(server)}; ${command}`), 0);
      assert.ok(tracer.hits.value > 0n);
      assert.equal(tracer.links.get("seen")?.info().type, "cgroup");
      tracer.detach();
      const before = tracer.hits.value;
      assert.equal(group.run(`PORT=${portOf(server)}; ${command}`), 0);
      assert.equal(tracer.hits.value, before);
    });
  }

  it("refuse what they do not let happen, only in their group", () => {
    using group = makeCgroup();
    using other = makeCgroup();
    using tracer = loadCollection(kernel, { hits, deny: cgroupSysctl(counting(0)) });
    using link = attachCgroup(tracer.deny, group.folder);
    assert.equal(link.info().programId, tracer.deny.id);
    assert.notEqual(group.run("cat /proc/sys/kernel/ostype"), 0);
    assert.equal(other.run("cat /proc/sys/kernel/ostype"), 0);
  });

  it("say what they miss", () => {
    using tracer = loadCollection(kernel, { hits, deny: cgroupSysctl(counting(0)) });
    assert.throws(() => tracer.attach("deny"), InvalidArgumentError);
    assert.throws(() => attachCgroup(tracer.deny, "/no/such/group"), NotFoundError);
  });
});
