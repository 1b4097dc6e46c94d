/**
 * Checks of the file systems that parts of eBPF need.
 * @module
 */
import { mountPoints } from "../machine/mounts.ts";
import { findTracefs } from "../tracepoint/tracefs.ts";
import type { Check, Surroundings, Verdict } from "./finding.ts";

/** bpffs, tracefs, cgroup v2. */
export const mountChecks: readonly Check[] = [
  { id: "bpffs", title: "bpffs, for pins", run: checkBpffs },
  { id: "tracefs", title: "tracefs, for tracepoints by name", run: checkTracefs },
  { id: "cgroup2", title: "cgroup v2, for programs on cgroups", run: checkCgroup2 },
];

function checkBpffs({ files }: Surroundings): Verdict {
  return mounted(mountPoints("bpf", files), "mount -t bpf bpf /sys/fs/bpf");
}

function checkCgroup2({ files }: Surroundings): Verdict {
  return mounted(mountPoints("cgroup2", files), "mount -t cgroup2 cgroup2 /sys/fs/cgroup");
}

function mounted([path]: readonly string[], mend: string): Verdict {
  return path === undefined
    ? { status: "missing", detail: "not mounted", mend }
    : { status: "ok", detail: path };
}

function checkTracefs({ files }: Surroundings): Verdict {
  const folder = findTracefs(files);
  const verdict = mounted(
    folder === undefined ? [] : [folder],
    "mount -t tracefs tracefs /sys/kernel/tracing",
  );
  if (folder === undefined || files.names(`${folder}/events`) !== undefined) return verdict;
  const mend = `run as root, or: mount -o remount,mode=755 ${folder}`;
  return { status: "limited", detail: `${folder}, closed to this user`, mend };
}
