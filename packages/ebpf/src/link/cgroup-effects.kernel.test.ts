import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { mov } from "../asm/alu.ts";
import { assemble } from "../asm/assemble.ts";
import { exit } from "../asm/call.ts";
import { stx } from "../asm/memory.ts";
import { loadCollection } from "../collection/load.ts";
import type { Instruction } from "../isa/instruction.ts";
import { r0, r1, r2 } from "../isa/register.ts";
import { isAtLeast, type KernelVersion } from "../kernel/feature.ts";
import { attachTypeSince } from "../kernel/since.ts";
import {
  cgroupDevice,
  type CgroupOptions,
  cgroupSkb,
  cgroupSock,
  cgroupSockAddr,
  cgroupSockopt,
  cgroupSysctl,
  type SockAddrPlace,
} from "../spec/cgroup.ts";
import type { CgroupTarget, ProgramSpec } from "../spec/program-spec.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";
import { makeCgroup } from "../testing/cgroup.ts";
import { needs } from "../testing/needs.ts";
import { counting, hits } from "./testing-hits.ts";

const kernel = openNativeKernel();

const deny = assemble([mov(r0, 0), exit()]);

/** Makes the address one with port 4242, in network order (`user_port` of `struct bpf_sock_addr`). */
const otherPort = assemble([mov(r2, 0x9210), stx("u32", r1, 24, r2), mov(r0, 1), exit()]);

/**
 * What scripts begin with: `unseen(condition)` ends with 7 when the program has changed nothing, `came` waits until a packet
 * is there, or counted as dropped.
 */
const prelude = `
import atexit, os, shutil, socket, sys, tempfile
def unseen(same): sys.exit(7 if same else 0)
def refused(work):
  try: work()
  except PermissionError: sys.exit(0)
  sys.exit(7)
def local(family): return "127.0.0.1" if family == socket.AF_INET else "::1"
def udp(family):
  s = socket.socket(family, socket.SOCK_DGRAM); s.settimeout(30); return s
def bound(family):
  s = udp(family); s.bind((local(family), 0)); return s
def listening(family):
  s = socket.socket(family); s.bind((local(family), 0)); s.listen(); return s
def came(s):
  s.setblocking(False)
  port = ":%04X" % s.getsockname()[1]
  while True:
    try: s.recv(1); return True
    except BlockingIOError: pass
    own = [words for words in map(str.split, open("/proc/net/udp")) if words[1].endswith(port)]
    if own and int(own[0][-1]) > 0: return False
def path():
  folder = tempfile.mkdtemp(); atexit.register(shutil.rmtree, folder); return os.path.join(folder, "socket")
def named(kind):
  s = socket.socket(socket.AF_UNIX, kind); s.bind(path()); return s
four, six = socket.AF_INET, socket.AF_INET6
`;

interface Case {
  readonly make: (options: CgroupOptions) => ProgramSpec<CgroupTarget>;
  /** Ends with 0 when the program has its effect, with 7 when not. */
  readonly script: string;
}

const address = (place: SockAddrPlace, code: readonly Instruction[], script: string): Case => ({
  make: (options) => cgroupSockAddr(place, code, options),
  script,
});

/** A case for each family: `F` in the script is the number of the address family. */
function bothFamilies(
  call: "bind" | "connect" | "sendmsg" | "recvmsg" | "getpeername" | "getsockname",
  code: readonly Instruction[],
  script: string,
): Readonly<Record<string, Case>> {
  const of = (family: "four" | "six"): string => script.replaceAll("F", family);
  return {
    [`${call}4`]: address(`${call}4`, code, of("four")),
    [`${call}6`]: address(`${call}6`, code, of("six")),
  };
}

const cases: Readonly<Record<string, Case>> = {
  ...bothFamilies("bind", deny, "refused(lambda: bound(F))"),
  ...bothFamilies(
    "connect",
    deny,
    "s = listening(F); refused(lambda: socket.socket(F).connect(s.getsockname()))",
  ),
  ...bothFamilies(
    "sendmsg",
    deny,
    "s = bound(F); refused(lambda: udp(F).sendto(b'x', s.getsockname()))",
  ),
  ...bothFamilies(
    "recvmsg",
    otherPort,
    "s = bound(F); udp(F).sendto(b'x', s.getsockname()); unseen(s.recvfrom(1)[1][1] != 4242)",
  ),
  ...bothFamilies(
    "getpeername",
    otherPort,
    "s = listening(F); c = socket.socket(F); c.connect(s.getsockname()); unseen(c.getpeername()[1] != 4242)",
  ),
  ...bothFamilies("getsockname", otherPort, "unseen(bound(F).getsockname()[1] != 4242)"),
  connect_unix: address(
    "connect_unix",
    deny,
    `s = named(socket.SOCK_STREAM); s.listen()
refused(lambda: socket.socket(socket.AF_UNIX).connect(s.getsockname()))`,
  ),
  sendmsg_unix: address(
    "sendmsg_unix",
    deny,
    `s = named(socket.SOCK_DGRAM)
refused(lambda: socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"x", s.getsockname()))`,
  ),
  sock_create: {
    make: (options) => cgroupSock("sock_create", deny, options),
    script: "refused(lambda: udp(four))",
  },
  post_bind4: {
    make: (options) => cgroupSock("post_bind4", deny, options),
    script: "refused(lambda: bound(four))",
  },
  post_bind6: {
    make: (options) => cgroupSock("post_bind6", deny, options),
    script: "refused(lambda: bound(six))",
  },
  egress: {
    make: (options) => cgroupSkb("egress", deny, options),
    script: "s = bound(four); refused(lambda: udp(four).sendto(b'x', s.getsockname()))",
  },
  ingress: {
    make: (options) => cgroupSkb("ingress", deny, options),
    script: `s = bound(four); udp(four).sendto(b"x", s.getsockname()); unseen(came(s))`,
  },
  getsockopt: {
    make: (options) => cgroupSockopt("getsockopt", deny, options),
    script: "refused(lambda: udp(four).getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF))",
  },
  setsockopt: {
    make: (options) => cgroupSockopt("setsockopt", deny, options),
    script: "refused(lambda: udp(four).setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096))",
  },
  device: {
    make: (options) => cgroupDevice(deny, options),
    script: "refused(lambda: open('/dev/zero'))",
  },
  sysctl: {
    make: (options) => cgroupSysctl(deny, options),
    script: "refused(lambda: open('/proc/sys/kernel/ostype').read())",
  },
};

describe("programs on control groups", needs("root", "bpf", "cgroup2", "python3"), () => {
  for (const [name, { make, script }] of Object.entries(cases)) {
    const spec = make({});
    const since = attachTypeSince[spec.expectedAttachType!];
    it(`have their effect at ${name}, and only there and then`, skipBefore(since), () => {
      using group = makeCgroup();
      using other = makeCgroup();
      const command = `python3 -c '${(prelude + script).replaceAll("'", `'"'"'`)}'`;
      using tracer = loadCollection(kernel, { seen: make({ cgroup: group.folder }) });
      tracer.attach();
      assert.equal(group.run(command), 0, "in the group");
      assert.equal(other.run(command), 7, "in another one");
      tracer.detach();
      assert.equal(group.run(command), 7, "when detached");
    });
  }
});

/** Places where a program can only look: what it changes would take calls that the kernel does not always have. */
const watched = {
  recvmsg_unix: `s = named(socket.SOCK_DGRAM); c = named(socket.SOCK_DGRAM)
c.sendto(b"x", s.getsockname()); s.recvfrom(1)`,
  getsockname_unix: "named(socket.SOCK_STREAM).getsockname()",
  getpeername_unix: `s = named(socket.SOCK_STREAM); s.listen()
c = socket.socket(socket.AF_UNIX); c.connect(s.getsockname()); c.getpeername()`,
} as const;

describe(
  "programs on addresses of unix sockets",
  needs("root", "bpf", "cgroup2", "python3"),
  () => {
    for (const [place, script] of Object.entries(watched) as [keyof typeof watched, string][]) {
      const since = attachTypeSince[`cgroup_unix_${place.replace("_unix", "") as UnixCall}`];
      it(`run at ${place}`, skipBefore(since), () => {
        using group = makeCgroup();
        const seen = cgroupSockAddr(place, counting(1), { cgroup: group.folder });
        using tracer = loadCollection(kernel, { hits, seen });
        tracer.attach();
        assert.equal(group.run(`python3 -c '${prelude + script}'`), 0);
        assert.ok(tracer.hits.value > 0n);
      });
    }
  },
);

type UnixCall = "recvmsg" | "getsockname" | "getpeername";

function skipBefore(since: KernelVersion): { readonly skip: string | false } {
  return {
    skip: isAtLeast(kernel.version, since) ? false : `Linux has it since ${since.join(".")}`,
  };
}
