import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import { mov } from "../asm/alu.ts";
import { assemble, label } from "../asm/assemble.ts";
import { exit } from "../asm/call.ts";
import { jne } from "../asm/jump.ts";
import { ldx } from "../asm/memory.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import { compileAndLoad, loadCollection } from "../collection/load.ts";
import { r0, r1, r2 } from "../isa/register.ts";
import { NotSupportedError } from "../kernel/errors.ts";
import { isAtLeast } from "../kernel/feature.ts";
import { lsm, lsmCgroup } from "../spec/lsm.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";
import { makeCgroup } from "../testing/cgroup.ts";
import { needs } from "../testing/needs.ts";
import { attachCgroup } from "./cgroup.ts";

const kernel = openNativeKernel();
const families = { unix: 1, inet: 2 } as const;

/** Refuses sockets of a family: the first argument of `socket_create`. `-1` is EPERM for `lsm`, 0 for `lsm_cgroup`. */
const denyFamily = (family: number, refused: number, allowed: number) =>
  assemble([
    ldx("u32", r2, r1, 0),
    mov(r0, allowed),
    jne(r2, family, "end"),
    mov(r0, refused),
    label("end"),
    exit(),
  ]);

const open = (family: number): string =>
  `python3 -c 'import socket; socket.socket(${family}, socket.SOCK_SEQPACKET if ${family} == 1 else socket.SOCK_DGRAM)'`;
const succeeds = (command: string): boolean =>
  spawnSync("bash", ["-c", command], { stdio: "ignore" }).status === 0;

describe(
  "programs on hooks of security modules",
  needs("root", "bpf", "btf", "fentry", "lsm", "python3"),
  () => {
    /** AF_QIPCRTR, which nothing else on the machine uses: whether it is refused or unknown, errno tells. */
    const rare = 42;
    const errnoOf = (): string =>
      spawnSync(
        "python3",
        [
          "-c",
          `
import errno, socket
try: socket.socket(${rare}, socket.SOCK_DGRAM); print("none")
except OSError as error: print(errno.errorcode[error.errno])`,
        ],
        { encoding: "utf8" },
      ).stdout.trim();

    it("refuse what they decide on", () => {
      const before = errnoOf();
      using loaded = loadCollection(kernel, {
        deny: lsm("socket_create", denyFamily(rare, -1, 0)),
      });
      loaded.attach();
      assert.equal(errnoOf(), "EPERM");
      assert.equal(loaded.links.get("deny")?.info().attachType, "lsm_mac");
      loaded.detach();
      assert.equal(errnoOf(), before);
      assert.notEqual(before, "EPERM");
    });

    it("refuse with the error they choose, in TypeScript", async () => {
      const deny = lsm("socket_create", (family: number) => {
        "use bpf";
        return family === 42 ? -13 : 0;
      });
      using loaded = await compileAndLoad(kernel, { deny });
      loaded.attach();
      assert.equal(errnoOf(), "EACCES");
    });
  },
);

const hasGroups = isAtLeast(kernel.version, [6, 0]);

describe(
  "hooks of security modules for a control group",
  needs("root", "bpf", "btf", "cgroup2"),
  () => {
    const { inet, unix } = families;
    const deny = lsmCgroup("socket_create", denyFamily(inet, 0, 1));
    const works = { ...needs("fentry", "lsm", "python3") };
    const skip = hasGroups ? works.skip : "Linux has them since 6.0";

    it("decide about its processes only", { skip }, () => {
      using group = makeCgroup();
      using loaded = loadCollection(kernel, {
        deny: { ...deny, target: { ...deny.target, cgroup: group.folder } },
      });
      loaded.attach();
      assert.notEqual(group.run(open(inet)), 0);
      assert.equal(group.run(open(unix)), 0);
      assert.ok(succeeds(open(inet)));
      const info = loaded.links.get("deny")!.info();
      assert.ok(info.type === "cgroup");
      assert.equal(info.attachType, "lsm_cgroup");
      loaded.detach();
      assert.equal(group.run(open(inet)), 0);
    });

    it("say what they miss", { skip }, () => {
      using loaded = loadCollection(kernel, { deny });
      assert.throws(() => loaded.attach(), InvalidArgumentError);
      assert.equal(loaded.links.size, 0);
      assert.throws(() => loaded.attach("deny"), InvalidArgumentError);
      using group = makeCgroup();
      using link = attachCgroup(loaded.deny, group.folder);
      assert.equal(link.kind, "cgroup");
    });

    it("say when the kernel is too old", { skip: hasGroups ? "this kernel has them" : false }, () =>
      assert.throws(() => loadCollection(kernel, { deny }), NotSupportedError),
    );

    it("name the hook that may have been meant", () =>
      assert.throws(
        () => loadCollection(kernel, { deny: lsmCgroup("socket_craete", denyFamily(inet, 0, 1)) }),
        (error) => error instanceof InvalidArgumentError && /socket_create/.test(error.hint ?? ""),
      ));
  },
);
