import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import { needs } from "../testing/needs.ts";

/** What a process without any rights finds. */
interface Findings {
  readonly environment: Readonly<
    Record<string, { readonly status: string; readonly mend?: string }>
  >;
  readonly supported: readonly string[];
  readonly errors: Readonly<Record<string, { readonly name: string; readonly hint?: string }>>;
  readonly interfaceIndex: number;
}

/** Arguments of setpriv(1): no rights at all. The user stays, who may read the sources wherever they lie. */
const withoutRights = ["--clear-groups", "--bounding-set=-all", "--inh-caps=-all"];

const source = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);

const script = `
import { openNativeKernel } from ${source("./native-kernel.ts")};
import { checkEnvironment } from ${source("./environment/check-environment.ts")};
import { probeFeatures } from ${source("./feature/probe-features.ts")};
const kernel = openNativeKernel();
const attempt = (run) => {
  try { run(); return { name: "nothing" }; } catch (error) { return { name: error.name, hint: error.hint }; }
};
const map = { keySize: 4, valueSize: 4, maxEntries: 1 };
const insns = new Uint8Array(16);
insns[0] = 0xb7;
insns[8] = 0x95;
const load = (progType) => kernel.bpf("progLoad", { progType, insns, license: "GPL" });
console.log(JSON.stringify({
  environment: Object.fromEntries(checkEnvironment().map(({ id, ...rest }) => [id, rest])),
  supported: probeFeatures(kernel).filter((it) => it.supported).map((it) => it.group + " " + it.name),
  errors: {
    hash: attempt(() => kernel.bpf("mapCreate", { mapType: "hash", ...map })),
    xskmap: attempt(() => kernel.bpf("mapCreate", { mapType: "xskmap", ...map })),
    tracing: attempt(() => load("raw_tracepoint")),
    xdp: attempt(() => load("xdp")),
    next: attempt(() => kernel.bpf("mapGetNextId", { startId: 0 })),
    byId: attempt(() => kernel.bpf("mapGetFdById", { id: 1 })),
    btf: attempt(() => kernel.bpf("btfLoad", { btf: insns })),
    statistics: attempt(() => kernel.bpf("enableStats", { type: "run_time" })),
    tracepoint: attempt(() => kernel.openTracepointEvent("sched", "sched_switch")),
  },
  interfaceIndex: kernel.interfaceIndex("lo"),
}));
`;

function runWithoutRights(): Findings {
  const node = [
    process.execPath,
    "--conditions=@ts-ebpf/source",
    "--input-type=module",
    "-e",
    script,
  ];
  const { status, stdout, stderr } = spawnSync("setpriv", [...withoutRights, ...node], {
    encoding: "utf8",
  });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout) as Findings;
}

describe("a process without rights", needs("root"), () => {
  const findings = runWithoutRights();

  it("is told what it lacks", () => {
    const lacks = (name: string, missing: string): void => {
      const { name: error, hint } = findings.errors[name]!;
      assert.equal(error, "PermissionError", name);
      assert.match(hint ?? "", new RegExp(`^this process lacks ${missing}[ :]`), name);
    };
    lacks("hash", "CAP_BPF");
    lacks("xskmap", "CAP_BPF and CAP_NET_ADMIN");
    lacks("tracing", "CAP_BPF and CAP_PERFMON");
    lacks("xdp", "CAP_BPF and CAP_NET_ADMIN");
    lacks("next", "CAP_SYS_ADMIN");
    lacks("byId", "CAP_SYS_ADMIN");
    lacks("btf", "CAP_BPF");
    lacks("statistics", "CAP_SYS_ADMIN");
  });
  it("is told which setting makes it so", () =>
    assert.match(
      findings.errors["hash"]!.hint ?? "",
      /\(kernel\.unprivileged_bpf_disabled is [12]\): run it as root, or give .*; tracing programs need CAP_PERFMON/,
    ));
  it("is told what it lacks for tracepoints, where tracefs can be read", needs("tracefs"), () =>
    assert.equal(findings.errors["tracepoint"]!.name, "PermissionError"),
  );
  it("may still look at the machine", () => {
    assert.equal(findings.interfaceIndex, 1);
    assert.equal(findings.environment["kernel"]?.status, "ok");
    assert.equal(findings.environment["bridge"]?.status, "ok");
    assert.equal(findings.environment["capabilities"]?.status, "missing");
    assert.equal(findings.environment["unprivileged"]?.status, "limited");
  });
  it("is told how to mend each thing that is wrong", () => {
    const unmended = Object.entries(findings.environment).filter(
      ([, { status, mend }]) => status !== "ok" && mend === undefined,
    );
    assert.deepEqual(unmended, []);
  });
  it("is not told that features are there which it could not try", () =>
    assert.deepEqual(
      findings.supported.filter((name) => !name.startsWith("system ")),
      [],
    ));
});
