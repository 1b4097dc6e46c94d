/**
 * What processes of a control group do, and its programs decide on: addresses, sockets, options, devices, settings.
 * @module
 */
import { InvalidArgumentError } from "../../base/errors.ts";
import { didYouMean } from "../../base/text.ts";
import { errno } from "../../kernel/errno.ts";
import { attachTypes } from "../../spec/generated/words.ts";
import type { AttachType } from "../../spec/words.ts";
import { rootCgroup } from "../attach/file.ts";
import type { Core } from "../core.ts";
import type { FoundObject, GivenObject } from "../typed/given.ts";
import { readStruct } from "../typed/typed-reader.ts";
import { runAttached, type Run, toldOf } from "./run.ts";
import { Scope } from "./scope.ts";

/** What programs of a control group decided. */
export interface CgroupDecision {
  readonly runs: readonly Run[];
  /** Whether the process may do it. */
  readonly allowed: boolean;
  /** What the process gets: 0, or a negated errno. */
  readonly result: number;
  /** The context as programs left it. */
  readonly context: FoundObject;
}

/** Where it happens. */
export interface CgroupEventOptions {
  /** Folder of the control group; that of the current process when left out. */
  readonly cgroup?: string;
}

/** Runs the programs of a control group at a place such as `cgroup_inet4_connect`. */
export function fireCgroup(
  core: Core,
  type: AttachType,
  fields: GivenObject,
  { cgroup }: CgroupEventOptions = {},
): CgroupDecision {
  using scope = new Scope(core);
  const struct = structFor(type);
  const { address, bytes } = scope.context(struct, withBuffer(scope, fields));
  const runs = runAttached(core, core.cgroupAttachments(type, groupOf(core, cgroup)), address);
  const context = readStruct(core.types.contexts, struct, bytes);
  const refusing = alwaysAllowed(type) ? undefined : runs.find(({ value }) => (value & 1) === 0);
  const said = refusing && (refusing.invocation.returnValue || -errno.EPERM);
  return { runs: toldOf(runs), allowed: refusing === undefined, result: said ?? 0, context };
}

/** Number of a group's folder. @throws {InvalidArgumentError} when there is none. */
export function groupOf(core: Core, folder: string | undefined): bigint {
  if (folder === undefined) return core.world.task.cgroupId ?? 1n;
  const found = core.files.open(folder)?.cgroupId;
  if (found !== undefined) return found;
  throw new InvalidArgumentError(`there is no control group ${folder}`, {
    hint: `add it with addCgroup; ${rootCgroup} is there`,
  });
}

/** `struct bpf_sockopt` names the end of the value, which is given as bytes. */
function withBuffer(scope: Scope, fields: GivenObject): GivenObject {
  const { optval } = fields;
  if (!(optval instanceof Uint8Array)) return fields;
  const address = scope.placement.place(optval);
  return {
    optlen: optval.length,
    ...fields,
    optval: address,
    optval_end: address + BigInt(optval.length),
  };
}

function alwaysAllowed(type: AttachType): boolean {
  return type === "cgroup_sock_ops" || type === "cgroup_inet_sock_release";
}

/** @throws {InvalidArgumentError} when it is no place of control groups. */
function structFor(type: AttachType): string {
  if (type === "cgroup_sock_ops") return "bpf_sock_ops";
  if (type === "cgroup_device") return "bpf_cgroup_dev_ctx";
  if (type === "cgroup_sysctl") return "bpf_sysctl";
  if (type.endsWith("sockopt")) return "bpf_sockopt";
  if (/_post_bind$|_sock_(create|release)$/.test(type)) return "bpf_sock";
  if (/^cgroup_(inet|udp|unix)/.test(type) && !type.endsWith("gress")) return "bpf_sock_addr";
  const names = attachTypes.filter((it) => it.startsWith("cgroup_"));
  throw new InvalidArgumentError(`"${type}" is no place of control groups that has fields`, {
    hint: didYouMean(type, names) ?? "packets are given with fire.cgroupPacket",
  });
}
