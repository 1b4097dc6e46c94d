/**
 * Network namespaces for tests: a test file that runs again in one of its own.
 *
 * A process belongs to a network namespace from its start, and Node cannot change that; so the file is started once more
 * below `unshare --net`, where everything it makes is gone when it ends.
 * @module
 */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { it } from "node:test";
import { fileURLToPath } from "node:url";
import { needs } from "./needs.ts";

const marker = "EBPF_TEST_NET_NAMESPACE";

/** Only a file that hangs needs it; emulated machines say how much slower they are. */
const timeout = 600_000 * Number(process.env["EBPF_TEST_SLOWNESS"] ?? 1);
/** What a file may print, in bytes. */
const maxBuffer = 1 << 26;

/** Runs `define`, which defines tests, in a network namespace of its own. `url` is that of the test file. */
export function inNetNamespace(url: string, define: () => void): void {
  const file = fileURLToPath(url);
  if (process.env[marker] === file) {
    execFileSync("ip", ["link", "set", "lo", "up"]);
    return define();
  }
  it("passes in a network namespace of its own", needs("root", "netns", "ip"), () => {
    const { NODE_TEST_CONTEXT: _, ...environment } = process.env;
    const options = process.execArgv.filter((option) => !option.startsWith("--test"));
    options.push(...reporters());
    const { status, stdout, stderr } = spawnSync(
      "unshare",
      ["--net", process.execPath, ...options, file],
      { env: { ...environment, [marker]: file }, encoding: "utf8", timeout, maxBuffer },
    );
    assert.equal(status, 0, `${stdout}\n${stderr}`);
  });
}

/** What is run below tells its results as well, where somebody collects them. */
function reporters(): readonly string[] {
  const collecting = process.env["EBPF_TEST_REPORTER"];
  const modules = collecting === undefined ? [] : ["spec", collecting];
  return modules.flatMap((name) => [
    `--test-reporter=${name}`,
    "--test-reporter-destination=stdout",
  ]);
}

/** A pair of connected interfaces: what leaves through one comes in at the other. */
export interface VethPair {
  /** Has the address, and a neighbour behind it. */
  readonly near: string;
  /** Has no address: what arrives goes no further than programs attached to it. */
  readonly far: string;
  /** An address behind `near`. */
  readonly neighbour: string;
}

/** Makes a pair of interfaces; they are gone with the namespace. Only for use inside of `inNetNamespace`. */
export function makeVethPair(): VethPair {
  assert.ok(
    process.env[marker] !== undefined,
    "interfaces are only made in a namespace of its own",
  );
  const [near, far, neighbour] = ["near0", "far0", "10.77.0.2"];
  ip("link", "add", near, "type", "veth", "peer", "name", far);
  ip("address", "add", "10.77.0.1/24", "dev", near);
  ip("link", "set", near, "up");
  ip("link", "set", far, "up");
  ip("neighbour", "add", neighbour, "lladdr", "02:00:00:00:00:02", "dev", near, "nud", "permanent");
  return { near, far, neighbour };
}

function ip(...given: readonly string[]): void {
  execFileSync("ip", given);
}
