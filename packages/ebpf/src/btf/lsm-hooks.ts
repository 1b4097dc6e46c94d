/**
 * The hooks of security modules, as BTF describes them: what programs there are given, and what their result means.
 *
 * Every hook is a member of the kernel's table of hooks and has a function `bpf_lsm_<hook>`, which is what programs
 * attach to. To which part of the kernel a hook belongs its name says; the table here follows the order of
 * include/linux/lsm_hook_defs.h. Which hooks a kernel refuses all the same is told when a program is loaded.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import { didYouMean } from "../base/text.ts";
import { describeType } from "./describe.ts";
import { resolveType } from "./resolve.ts";
import { signatureOf } from "./signature.ts";
import type { TypeSource } from "./type-source.ts";
import type { BtfTypeId } from "./type.ts";

/** A hook. */
export interface LsmHook {
  /** As programs name it: `file_open`. */
  readonly name: string;
  readonly category: LsmCategory;
  /** Id of the function that programs attach to. */
  readonly id: BtfTypeId;
  readonly parameters: readonly LsmParameter[];
  /**
   * What a program's result means: `decision`, 0 lets it happen and a negated errno refuses; `flag`, 0 or 1 answers a
   * question; `nothing`, it is not looked at.
   */
  readonly result: "decision" | "flag" | "nothing";
}

/** What a hook is given. */
export interface LsmParameter {
  readonly name: string;
  readonly type: BtfTypeId;
  /** The type as C says it: `struct file *`. */
  readonly description: string;
}

/** Part of the kernel that a hook is about. */
export type LsmCategory =
  | "binder"
  | "ptrace"
  | "capability"
  | "system"
  | "exec"
  | "filesystem"
  | "path"
  | "inode"
  | "file"
  | "task"
  | "kernel"
  | "ipc"
  | "netlink"
  | "socket"
  | "network"
  | "keys"
  | "audit"
  | "bpf"
  | "perf"
  | "io_uring"
  | "watch"
  | "label"
  | "other";

const categories: Readonly<Record<Exclude<LsmCategory, "other">, RegExp>> = {
  binder: /^binder_/,
  ptrace: /^ptrace_/,
  capability: /^(capget|capset|capable)$/,
  system: /^(quotactl|quota_on|syslog|settime|vm_enough_memory|locked_down|initramfs_populated)$/,
  exec: /^bprm_/,
  filesystem: /^(sb_|fs_context_|move_mount$|bdev_)/,
  path: /^(path_|d_|dentry_)/,
  inode: /^(inode_|kernfs_)/,
  file: /^(file_|backing_file_|mmap_)/,
  task: /^(task_|cred_|userns_)/,
  kernel: /^kernel_/,
  ipc: /^(ipc_|msg_|shm_|sem_)/,
  netlink: /^netlink_/,
  socket: /^(socket_|unix_|sk_|sock_|inet_c|req_|mptcp_)/,
  network: /^(secmark_|tun_|sctp_|ib_|xfrm_)/,
  keys: /^key_/,
  audit: /^audit_/,
  bpf: /^bpf(_|$)/,
  perf: /^perf_event_/,
  io_uring: /^uring_/,
  watch: /^(post_notification|watch_key)$/,
  label:
    /^(current_get|getprocattr|setprocattr|getselfattr|setselfattr|ismaclabel|secid_|secctx_|lsmprop_|release_secctx)/,
};

/** Hooks that ask a question (`bool_lsm_hooks` in kernel/bpf/bpf_lsm.c). */
const questions: ReadonlySet<string> = new Set([
  "xfrm_state_pol_flow_match",
  "audit_rule_known",
  "inode_xattr_skipcap",
]);

const prefix = "bpf_lsm_";

/** Every hook of the kernel, in the kernel's order. Minimum kernel 5.7. */
export function lsmHooks(types: TypeSource): readonly LsmHook[] {
  return [...hookNames(types)].map((name) => hookCalled(types, name));
}

/**
 * The hook called `name`.
 * @throws InvalidArgumentError when the kernel has none of this name.
 */
export function lsmHook(types: TypeSource, name: string): LsmHook {
  if (types.findByName(`${prefix}${name}`, "func") !== undefined) return hookCalled(types, name);
  const hint = didYouMean(name, hookNames(types));
  throw new InvalidArgumentError(
    `there is no hook of security modules "${name}" in ${types.path}`,
    hint === undefined ? {} : { hint },
  );
}

/** The table of hooks has all; for some of them no program can be attached. */
function* hookNames(types: TypeSource): Generator<string, void> {
  const table = types.findByName("security_list_options", "union");
  for (const { name } of table?.members ?? []) {
    if (types.findByName(`${prefix}${name}`, "func") !== undefined) yield name;
  }
}

function hookCalled(types: TypeSource, name: string): LsmHook {
  const { id, parameters, returnType } = signatureOf(types, `${prefix}${name}`);
  const isVoid = resolveType(types, returnType).kind === "void";
  const answer = questions.has(name) ? "flag" : "decision";
  return Object.freeze({
    name,
    category: categoryOf(name),
    id,
    parameters: parameters.map((parameter) => ({
      name: parameter.name,
      type: parameter.type,
      description: describeType(types, parameter.type),
    })),
    result: isVoid ? "nothing" : answer,
  });
}

function categoryOf(name: string): LsmCategory {
  const rows = Object.entries(categories) as [LsmCategory, RegExp][];
  return rows.find(([, names]) => names.test(name))?.[0] ?? "other";
}
