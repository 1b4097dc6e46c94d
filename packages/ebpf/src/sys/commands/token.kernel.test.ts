import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { BpfError } from "../../base/errors.ts";
import { load } from "../../index.ts";
import { createToken, withToken } from "../../kernel/token.ts";
import { bpf } from "../../lang/builtins/index.ts";
import { u32, u64 } from "../../layout/integer.ts";
import { hashMap } from "../../spec/hash-map.ts";
import { rawTracepoint } from "../../spec/tracepoint.ts";
import { needs } from "../../testing/needs.ts";
import { openNativeKernel } from "../native-kernel.ts";

/** In the environment of this file when it runs in a user namespace: where its BPF file system is mounted. */
const marker = "EBPF_TEST_TOKEN_BPFFS";

const counts = hashMap("counts", u32, u64, { maxEntries: 4 });
const onEnter = rawTracepoint("sys_enter", () => {
  "use bpf";
  counts.update(bpf.getSmpProcessorId(), 1n);
  return 0;
});

// System calls by the numbers they have on every machine: fsopen 430, fsconfig 431, fsmount 432, move_mount 429,
// pidfd_open 434, pidfd_getfd 438 (include/uapi/asm-generic/unistd.h).

/** Opens a BPF file system of this user namespace, tells the descriptor, and goes on when told to. */
const inside = `$type = "bpf"; $fd = syscall(430, $type, 0); $| = 1; print "$fd\\n"; <STDIN>; exec @ARGV`;

/**
 * Gives that file system the right to delegate everything, which takes the rights of the initial user namespace, and mounts
 * it. Runs in the mount namespace of the other one.
 */
const outside = `
($pid, $fd, $folder) = @ARGV;
$fs = syscall(438, syscall(434, $pid + 0, 0), $fd + 0, 0);
for ("cmds", "maps", "progs", "attachs") {
  ($option, $value) = ("delegate_$_", "any");
  syscall(431, $fs, 1, $option, $value, 0) == 0 or die "$option: $!";
}
syscall(431, $fs, 6, 0, 0, 0) == 0 or die "create: $!";
($mount = syscall(432, $fs, 0, 0)) >= 0 or die "fsmount: $!";
$empty = "";
syscall(429, $mount, $empty, -100, $folder, 4) == 0 or die "move_mount: $!";`;

/** Why there are no tokens; `false` when there are. */
function whyNoTokens(folder: string): string | false {
  const usable = needs("root", "bpf", "btf", "ringbuf");
  if (usable.skip !== false) return usable.skip;
  const script = `mount -t bpf -o delegate_cmds=any bpf ${folder} && grep delegate_cmds=any /proc/self/mountinfo`;
  const { status } = spawnSync("unshare", [
    "--mount",
    "--propagation",
    "private",
    "sh",
    "-c",
    script,
  ]);
  return status === 0 ? false : "this kernel does not support tokens (Linux has it since 6.9)";
}

/** What this file prints in a user namespace, where the BPF file system at `folder` delegates everything. */
async function runDelegated(folder: string): Promise<unknown> {
  const [file, options] = [fileURLToPath(import.meta.url), process.execArgv];
  const node = [process.execPath, ...options.filter((one) => !one.startsWith("--test")), file];
  const words = ["--user", "--map-root-user", "--mount", "--propagation", "private"];
  const { NODE_TEST_CONTEXT: _, ...environment } = process.env;
  const child = spawn("unshare", [...words, "perl", "-e", inside, ...node], {
    env: { ...environment, [marker]: folder },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const fd = (await lines.next()).value as string;
  const namespace = ["--mount", "--target", String(child.pid)];
  execFileSync("nsenter", [...namespace, "perl", "-e", outside, String(child.pid), fd, folder]);
  const ended = once(child, "exit");
  child.stdin.end("go on\n");
  const told = (await lines.next()).value as string;
  await ended;
  return JSON.parse(told);
}

/** What can be done here without a token, and with one. */
async function tryHere(folder: string): Promise<object> {
  const kernel = openNativeKernel();
  const without = await load({ counts, onEnter }).then(
    () => "loaded",
    (error: unknown) => (error as BpfError).code,
  );
  using token = createToken(kernel, folder);
  await using collection = await load({ counts, onEnter }, { kernel: withToken(kernel, token) });
  collection.counts.set(1, 7n);
  return { without, kind: token.kind, value: Number(collection.counts.get(1)) };
}

const delegated = process.env[marker];
if (delegated !== undefined) {
  console.log(JSON.stringify(await tryHere(delegated)));
} else {
  const folder = mkdtempSync(join(tmpdir(), "ts-ebpf-token-"));
  after(() => rmSync(folder, { recursive: true }));

  describe("a token", { skip: whyNoTokens(folder) }, () => {
    it("lets a user namespace load what it could not without", async () =>
      assert.deepEqual(await runDelegated(folder), {
        without: "NO_PERMISSION",
        kind: "token",
        value: 7,
      }));
    it("is for user namespaces only", () => {
      const check = (): unknown => createToken(openNativeKernel(), folder);
      assert.throws(check, BpfError);
    });
  });
}
