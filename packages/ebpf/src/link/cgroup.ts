/**
 * Attaching to control groups, and asking what is attached to one.
 *
 * A link is the usual way. The older one (`PROG_ATTACH`) is taken on kernels before 5.7 and by wish: it has flags of its
 * own, and what it attached stays attached when the process ends without closing. The kind of the link tells.
 * @module
 */
import { assertText } from "../base/arguments.ts";
import { assertOptions, type Checks, isListOf, isObject, isText, isWord } from "../base/checks.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import { assertKernel } from "../kernel/assert-kernel.ts";
import type { Anchor, AttachFlag, ProgQueryResult } from "../kernel/commands.ts";
import { isNotSupported } from "../kernel/errors.ts";
import { handleOf } from "../kernel/handle-of.ts";
import type { Handle, HasHandle } from "../kernel/handle.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { assertProgram, type Program } from "../program/program.ts";
import type { AttachType } from "../spec/words.ts";
import { Link } from "./link.ts";

/** Options of {@link attachCgroup}. */
export interface CgroupAttachOptions {
  /** `link`, or `prog_attach` as before Linux 5.7. Left out: a link where the kernel has those. */
  readonly way?: "link" | "prog_attach";
  /**
   * How programs of this group and of those below it go together, for `prog_attach`: `allow_multi` runs all of them,
   * `allow_override` those of the lowest group that has one, and without either nothing may be attached further below.
   * Links, and `prog_attach` when this is left out, allow several. `preorder` (Linux 6.15, also for links) runs the
   * program before those of groups below.
   */
  readonly flags?: readonly AttachFlag[];
  /**
   * Where among the programs of this group; behind them when left out. A link goes before or after a link, a program
   * without one before or after such a program. Minimum kernel 6.17.
   */
  readonly anchor?: Anchor;
  /** Program whose place is taken, for `prog_attach` with `allow_multi`. Minimum kernel 5.6. */
  readonly replace?: HasHandle;
}

/**
 * Runs `program` for the processes of a control group (version 2) and those below it, beside what is attached there
 * already. The group is given by its folder or a handle. Minimum kernel 4.10, for links 5.7.
 * Privileges: CAP_NET_ADMIN (CAP_SYS_ADMIN before 5.8).
 * @throws {NotFoundError} when there is no such group; {@link PermissionError} also when a group above forbids it.
 * @throws {InvalidArgumentError} for options that do not go together.
 * @throws {NotSupportedError} when the kernel is too old for the place, for links or for anchors.
 */
export function attachCgroup(
  program: Program,
  cgroup: string | Handle,
  options: CgroupAttachOptions = {},
): Link {
  assertProgram(program);
  assertOptions(options, attachChecks, "attaching to a control group");
  using stack = new DisposableStack();
  const target = openCgroup(program.kernel, cgroup, stack);
  const name = typeof cgroup === "string" ? ` ${cgroup}` : "";
  return attachAsAsked(program, { target, name: `control group${name}` }, options);
}

const attachChecks: Checks<CgroupAttachOptions> = {
  way: isWord(["link", "prog_attach"]),
  flags: isListOf(isWord(["allow_override", "allow_multi", "preorder"])),
  anchor: isObject,
  replace: isObject,
};

/** Where to look with {@link queryCgroup}. */
export interface CgroupQuery {
  readonly attachType: AttachType;
  /**
   * `own`: what is attached to this very group, in the order it runs. `effective`: what runs for its processes, what is
   * inherited from groups above included.
   */
  readonly programs?: "own" | "effective";
}

/**
 * The programs at one place of a control group, given by its folder or a handle. Minimum kernel 4.15.
 * @throws {NotFoundError} when there is no such group.
 */
export function queryCgroup(
  kernel: Kernel,
  cgroup: string | Handle,
  query: CgroupQuery,
): ProgQueryResult {
  assertKernel(kernel);
  assertOptions(query, queryChecks, "a query of a control group");
  const { attachType, programs = "own" } = query;
  isText(attachType, "attachType of a query of a control group");
  using stack = new DisposableStack();
  const target = openCgroup(kernel, cgroup, stack);
  const queryFlags = programs === "effective" ? (["effective"] as const) : [];
  return kernel.bpf("progQuery", { target, attachType, queryFlags });
}

const queryChecks: Checks<CgroupQuery> = {
  attachType: isText,
  programs: isWord(["own", "effective"]),
};

/** @throws {InvalidArgumentError} for what is neither a folder nor a handle. */
function openCgroup(kernel: Kernel, cgroup: string | Handle, stack: DisposableStack): Handle {
  if (typeof cgroup === "object" && cgroup !== null) return cgroup;
  assertText(cgroup, "the folder of a control group");
  return stack.use(kernel.openPath(cgroup));
}

interface Place {
  readonly target: Handle;
  readonly name: string;
}

function attachAsAsked(program: Program, place: Place, options: CgroupAttachOptions): Link {
  if (!asksForOlderWay(options)) {
    try {
      return attachLink(program, place, options);
    } catch (error) {
      if (options.way === "link" || !isNotSupported(error)) throw error;
    }
  }
  return attachWithoutLink(program, place, options);
}

/** @throws {InvalidArgumentError} for options that do not go together. */
function asksForOlderWay({ way, flags = [], replace }: CgroupAttachOptions): boolean {
  const older = flags.find((flag) => flag !== "preorder");
  if (way === "link" && older !== undefined) {
    throw new InvalidArgumentError(`links to control groups take no ${older}`, {
      hint: 'links always allow several programs; for others attach with way "prog_attach"',
    });
  }
  if (way === "link" && replace !== undefined) {
    throw new InvalidArgumentError("links to control groups take no place of another program", {
      hint: "replace the program of a live link with link.update",
    });
  }
  return way === "prog_attach" || older !== undefined || replace !== undefined;
}

function attachLink(
  program: Program,
  { target, name }: Place,
  { flags = [], anchor }: CgroupAttachOptions,
): Link {
  const { kernel } = program;
  const handle = kernel.bpf("linkCreate", {
    prog: program.handle,
    target,
    attachType: placeOf(program),
    flags: flags.includes("preorder") ? ["preorder"] : [],
    ...(anchor === undefined ? {} : { anchor }),
  });
  return new Link({ kernel, kind: "cgroup", target: name, handle });
}

function attachWithoutLink(
  program: Program,
  place: Place,
  { flags = ["allow_multi"], anchor, replace }: CgroupAttachOptions,
): Link {
  const { kernel } = program;
  const attachType = placeOf(program);
  using stack = new DisposableStack();
  const attachBpf = stack.use(program.handle.duplicate());
  const target = stack.use(place.target.duplicate());
  kernel.bpf("progAttach", {
    target,
    attachBpf,
    attachType,
    attachFlags: flags,
    ...(anchor === undefined ? {} : { anchor }),
    ...(replace === undefined ? {} : { replaceBpf: handleOf(replace, "the program to replace") }),
  });
  stack.defer(() => kernel.bpf("progDetach", { target, attachBpf, attachType }));
  const handle = attachBpf.duplicate();
  return new Link({ kernel, kind: "prog_attach", target: place.name, handle, more: stack.move() });
}

/** @throws {InvalidArgumentError} when the program is not one for control groups. */
function placeOf({ name, spec }: Program): AttachType {
  const { expectedAttachType: place, type } = spec;
  if (place !== undefined && /^(lsm_)?cgroup/.test(place)) return place;
  throw new InvalidArgumentError(`program "${name}" of type ${type} is not for control groups`, {
    hint: "make it with cgroupSkb(…), cgroupSockAddr(…), sockOps(…), lsmCgroup(…) or the like",
  });
}
