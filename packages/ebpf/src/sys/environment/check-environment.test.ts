import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fakeFiles, mountLine } from "../testing-files.ts";
import { checkEnvironment } from "./check-environment.ts";
import type { Finding, Surroundings } from "./finding.ts";

/** A machine on which everything is as it should be. */
const good: Readonly<Record<string, string>> = {
  "/proc/self/status": "CapEff:\t000001ffffffffff\n",
  "/proc/self/mountinfo": [
    mountLine("/sys/fs/bpf", "bpf"),
    mountLine("/sys/kernel/tracing", "tracefs"),
    mountLine("/sys/fs/cgroup", "cgroup2"),
    mountLine("/sys/kernel/security", "securityfs"),
  ].join("\n"),
  "/proc/self/limits":
    "Max locked memory         8388608              8388608              bytes\n",
  "/proc/sys/kernel/unprivileged_bpf_disabled": "2\n",
  "/proc/sys/net/core/bpf_jit_enable": "1\n",
  "/proc/sys/net/core/bpf_jit_harden": "0\n",
  "/sys/devices/system/cpu/possible": "0-3\n",
  "/sys/devices/system/cpu/online": "0-1\n",
  "/sys/kernel/btf/vmlinux": "",
  "/sys/kernel/btf/nf_tables": "",
  "/sys/kernel/security/lsm": "lockdown,capability,bpf",
  "/sys/kernel/security/lockdown": "[none] integrity confidentiality\n",
  "/sys/kernel/tracing/events/sched/sched_switch/id": "1",
};

interface Change extends Omit<Partial<Surroundings>, "files"> {
  /** Files that are different; `undefined` when they are not there. */
  readonly files?: Readonly<Record<string, string | undefined>>;
}

function checkOn({ files, ...others }: Change): readonly Finding[] {
  const contents = Object.entries({ ...good, ...files }).filter(([, text]) => text !== undefined);
  return checkEnvironment({
    files: fakeFiles(Object.fromEntries(contents) as Record<string, string>),
    release: "6.8.1-generic",
    machine: "x86_64",
    loadBridge: () => {},
    ...others,
  });
}

describe("checkEnvironment", () => {
  const check = (id: string, change: Change, expected: Omit<Finding, "id" | "title">): void => {
    const { title: _, ...finding } = checkOn(change).find((it) => it.id === id)!;
    assert.deepEqual(finding, { id, ...expected });
  };

  it("finds nothing wrong on a good machine", () =>
    assert.deepEqual(
      checkOn({}).map(({ id, status, detail }) => `${id}: ${status}, ${detail}`),
      [
        "kernel: ok, Linux 6.8.1 (6.8.1-generic)",
        "architecture: ok, x86_64, little-endian",
        "cpus: ok, 4 possible, 2 online",
        "bridge: ok, loaded",
        "btf: ok, vmlinux and 1 module",
        "jit: ok, on",
        "capabilities: ok, CAP_NET_ADMIN, CAP_NET_RAW, CAP_SYS_ADMIN, CAP_SYS_RESOURCE, CAP_PERFMON, CAP_BPF",
        "unprivileged: ok, kernel.unprivileged_bpf_disabled is 2",
        "memlock: ok, does not matter: maps have not been counted since 5.11",
        "lockdown: ok, none",
        "lsm: ok, lockdown,capability,bpf",
        "bpffs: ok, /sys/fs/bpf",
        "tracefs: ok, /sys/kernel/tracing",
        "cgroup2: ok, /sys/fs/cgroup",
      ],
    ));
  it("says how to mend whatever is not as it should be", () => {
    const bare = Object.fromEntries(Object.keys(good).map((path) => [path, undefined]));
    const findings = checkOn({ files: bare, release: "5.4.0", machine: "m68k" });
    const unmended = findings.filter(({ status, mend }) => status !== "ok" && mend === undefined);
    assert.deepEqual(
      unmended.map(({ id }) => id),
      // A kernel without JIT must be built anew, and this one may be hiding it.
      ["jit"],
    );
  });
  it("finds an old kernel", () =>
    check(
      "kernel",
      { release: "5.4.0-generic" },
      {
        status: "limited",
        detail: "Linux 5.4.0 (5.4.0-generic)",
        mend: "use Linux 5.10 or newer, which has ring buffers and links",
      },
    ));
  it("finds a kernel that is too old", () =>
    check(
      "kernel",
      { release: "3.10.0-el7" },
      {
        status: "missing",
        detail: "Linux 3.10.0 (3.10.0-el7)",
        mend: "use Linux 5.10 or newer, which has ring buffers and links",
      },
    ));
  it("finds a bridge that does not load", () => {
    const loadBridge = (): never => {
      throw Object.assign(new Error("no addon for linux-mips"), { hint: "use another machine" });
    };
    check(
      "bridge",
      { loadBridge },
      {
        status: "missing",
        detail: "no addon for linux-mips",
        mend: "use another machine",
      },
    );
  });
  it("finds what an ordinary user lacks", () => {
    const files = { "/proc/self/status": "CapEff:\t0000000000000000\n" };
    check(
      "capabilities",
      { files },
      {
        status: "missing",
        detail: "none",
        mend: "run as root, or give the process CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN, CAP_SYS_ADMIN",
      },
    );
    check(
      "unprivileged",
      { files },
      {
        status: "limited",
        detail: "kernel.unprivileged_bpf_disabled is 2",
        mend: "sysctl kernel.unprivileged_bpf_disabled=0 lets everybody run socket filters",
      },
    );
  });
  it("finds that a part of the rights is there", () =>
    check(
      "capabilities",
      { files: { "/proc/self/status": "CapEff:\t000000c000000000\n" } },
      {
        status: "limited",
        detail: "CAP_PERFMON, CAP_BPF",
        mend: "run as root, or give the process CAP_NET_ADMIN, CAP_SYS_ADMIN",
      },
    ));
  it("finds the JIT switched off", () =>
    check(
      "jit",
      { files: { "/proc/sys/net/core/bpf_jit_enable": "0\n" } },
      {
        status: "limited",
        detail: "off: programs are interpreted",
        mend: "sysctl net.core.bpf_jit_enable=1",
      },
    ));
  it("tells the hardening of the JIT", () =>
    check(
      "jit",
      { files: { "/proc/sys/net/core/bpf_jit_harden": "2\n" } },
      {
        status: "ok",
        detail: "on, hardened for all",
      },
    ));
  it("finds too little locked memory where that counts", () =>
    check(
      "memlock",
      { release: "5.10.0" },
      {
        status: "limited",
        detail: "8388608 bytes",
        mend: "ulimit -l unlimited",
      },
    ));
  it("finds lockdown", () =>
    check(
      "lockdown",
      { files: { "/sys/kernel/security/lockdown": "none [integrity]\n" } },
      {
        status: "limited",
        detail: "integrity: programs cannot write to user memory",
        mend: "boot with lockdown=none",
      },
    ));
  it("finds that LSM programs would not run", () =>
    check(
      "lsm",
      { files: { "/sys/kernel/security/lsm": "capability,apparmor\n" } },
      {
        status: "limited",
        detail: "capability,apparmor: no bpf among them",
        mend: "boot with lsm=capability,apparmor,bpf to run LSM programs",
      },
    ));
  it("finds what is not mounted", () => {
    const files = { "/proc/self/mountinfo": "" };
    check(
      "bpffs",
      { files },
      {
        status: "missing",
        detail: "not mounted",
        mend: "mount -t bpf bpf /sys/fs/bpf",
      },
    );
    check(
      "tracefs",
      { files },
      {
        status: "missing",
        detail: "not mounted",
        mend: "mount -t tracefs tracefs /sys/kernel/tracing",
      },
    );
    check(
      "cgroup2",
      { files },
      {
        status: "missing",
        detail: "not mounted",
        mend: "mount -t cgroup2 cgroup2 /sys/fs/cgroup",
      },
    );
  });
  it("finds tracefs closed to an ordinary user", () =>
    check(
      "tracefs",
      { files: { "/sys/kernel/tracing/events/sched/sched_switch/id": undefined } },
      {
        status: "limited",
        detail: "/sys/kernel/tracing, closed to this user",
        mend: "run as root, or: mount -o remount,mode=755 /sys/kernel/tracing",
      },
    ));
  it("looks at this machine, whatever it is", () => {
    const findings = checkEnvironment();
    assert.deepEqual(
      findings.map(({ id }) => id),
      checkOn({}).map(({ id }) => id),
    );
  });
});
