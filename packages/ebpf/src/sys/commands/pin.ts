/**
 * Pinning objects to a path on a bpffs, and opening what is pinned.
 *
 * The kernel answers most mistakes with one of two errors; looking at the path tells which mistake it was, and the
 * error says how to mend it. The path is looked at only after the kernel has refused.
 * @module
 */
import { statfsSync } from "node:fs";
import { basename, dirname, isAbsolute } from "node:path";
import { assertText, assertWhole } from "../../base/arguments.ts";
import { zeroTerminated } from "../../base/bytes.ts";
import { type BpfError, InvalidArgumentError } from "../../base/errors.ts";
import type { ObjGet, ObjPin, PinAccess } from "../../kernel/commands.ts";
import type { Caller } from "../call/caller.ts";
import type { Operation } from "../call/failure.ts";
import { Fd, fdOf, rawOf } from "../fd.ts";
import { objPath } from "../generated/attributes.ts";
import { mapFlagBits } from "../generated/constants.ts";
import { mountPoints } from "../machine/mounts.ts";
import { KernelRecord } from "../call/record.ts";
import type { SomeHandlers } from "./handlers.ts";

/** Flags by which a map is opened for one direction only. */
export const accessBits: { readonly [Access in PinAccess]: number } = {
  "read-write": 0,
  read: mapFlagBits.rdonly,
  write: mapFlagBits.wronly,
};

/** Handlers of `objPin` and `objGet`. */
export const pinHandlers: SomeHandlers<"objPin" | "objGet"> = {
  objPin: (caller, attributes) => {
    const { pathname, object } = attributes;
    const record = pathRecord(attributes).set(
      objPath.bpfFd,
      rawOf(object, "map", "program", "link"),
    );
    const result = caller.try("objPin", record);
    if (result >= 0) return;
    const operation: Operation = {
      text: `pin ${fdOf(object).label} at ${pathname}`,
      needs: ["CAP_BPF"],
      requires: requiredBy(attributes),
      meanings: {
        EEXIST: { reason: "something is there already", hint: "remove it, or choose another name" },
        ENOENT: {
          reason: `there is no folder ${dirname(pathname)}`,
          hint: "create the folder first",
        },
      },
    };
    const refusal = caller.failure("objPin", -result, operation);
    throw attributes.directory === undefined ? explainPath(pathname, refusal) : refusal;
  },
  objGet: (caller, attributes) => openPinned(caller, attributes),
};

function openPinned(caller: Caller, attributes: ObjGet): Fd {
  const { pathname, kind, access } = attributes;
  const record = pathRecord(attributes);
  const flags = record.get(objPath.fileFlags) | accessBits[access ?? "read-write"];
  const result = caller.try("objGet", record.set(objPath.fileFlags, flags));
  if (result >= 0) {
    const label = `${kind} at ${pathname}`;
    return checkedKind(new Fd(caller.bridge, result, { kind, label }), pathname);
  }
  const operation: Operation = {
    text: `open the ${kind} pinned at ${pathname}`,
    needs: ["CAP_BPF"],
    requires: requiredBy(attributes),
    meanings: {
      ENOENT: { reason: "nothing is pinned there" },
      EACCES: { reason: "what is there is not a pinned object, or not open to this user" },
      EPERM: { reason: "what is there is not open to this user, or not for this access" },
    },
  };
  const refusal = caller.failure("objGet", -result, operation);
  throw attributes.directory === undefined ? explainPath(pathname, refusal) : refusal;
}

function requiredBy({ directory }: Pick<ObjGet, "directory">): NonNullable<Operation["requires"]> {
  return directory === undefined
    ? []
    : [{ feature: "pins below a directory's handle", since: [6, 5] }];
}

type Pinned = ObjGet["kind"];

/** Descriptors are numbers of type int. */
const mostDescriptors = 2 ** 31 - 1;

/** What the kernel calls the files behind descriptors of each kind (kernel/bpf/syscall.c, anon_inode_getfd). */
const inodeNames: readonly (readonly [kind: Pinned, name: RegExp])[] = [
  ["map", /bpf-map/],
  ["program", /bpf-prog/],
  ["link", /bpf[-_]link/],
];

/**
 * A handle of the object behind a descriptor of this process, which stays the caller's.
 * @throws {InvalidArgumentError} when it is not of `kind`.
 */
export function openDescriptor(caller: Caller, descriptor: number, kind: Pinned): Fd {
  assertWhole(descriptor, "a descriptor", { most: mostDescriptors });
  const label = `${kind} behind descriptor ${descriptor}`;
  const number = caller.check(caller.bridge.duplicate(descriptor), {
    text: `use descriptor ${descriptor} as a ${kind}`,
    meanings: { EBADF: { reason: "this process has no such descriptor" } },
  });
  const fd = new Fd(caller.bridge, number, { kind, label });
  if (kindBehind(fd) === kind) return fd;
  const target = fd.target() ?? "something else";
  fd.close();
  throw new InvalidArgumentError(`descriptor ${descriptor} is not of a ${kind}`, {
    hint: `it is of ${target}`,
  });
}

/** What the kernel says a descriptor is of; `undefined` where it does not say. */
function kindBehind(fd: Fd): Pinned | undefined {
  const target = fd.target() ?? "";
  return inodeNames.find(([, name]) => name.test(target))?.[0];
}

/** `fd` itself when it is of the kind it was opened as; else closes it and throws. */
function checkedKind(fd: Fd, pathname: string): Fd {
  const kind = kindBehind(fd);
  if (kind === undefined || kind === fd.kind) return fd;
  fd.close();
  throw new InvalidArgumentError(`what is pinned at ${pathname} is a ${kind}, not a ${fd.kind}`);
}

function pathRecord({ pathname, directory }: Pick<ObjPin, "pathname" | "directory">): KernelRecord {
  assertText(pathname, "the path of a pin");
  return new KernelRecord(objPath)
    .point(objPath.pathname, zeroTerminated(pathname))
    .set(objPath.pathFd, directory && rawOf(directory, "file"))
    .set(objPath.fileFlags, directory === undefined ? 0 : mapFlagBits.path_fd);
}

/** A better error than `refusal`, when the path is to blame in a way that can be seen. */
function explainPath(pathname: string, refusal: Error): Error {
  if (!isAbsolute(pathname)) return notAbsolute(pathname, refusal);
  const folder = dirname(pathname);
  const type = fileSystemType(folder);
  if (type !== undefined && type !== bpffsMagic) return notOnBpffs(folder, refusal);
  if (basename(pathname).includes(".")) return hasDot(pathname, refusal);
  return refusal;
}

function notAbsolute(pathname: string, cause: Error): BpfError {
  return new InvalidArgumentError(`"${pathname}" is not an absolute path`, {
    cause,
    hint: `pins live on a bpffs, such as ${bpffsFolder()}/${pathname}`,
  });
}

function notOnBpffs(folder: string, cause: Error): BpfError {
  const mounted = mountPoints("bpf")[0];
  const hint =
    mounted === undefined
      ? "mount one: mount -t bpf bpf /sys/fs/bpf"
      : `choose a path below ${mounted}`;
  return new InvalidArgumentError(`${folder} is not on a bpffs`, { cause, hint });
}

const bpffsFolder = (): string => mountPoints("bpf")[0] ?? "/sys/fs/bpf";

/** The kernel keeps such names for itself (kernel/bpf/inode.c, bpf_lookup). */
function hasDot(pathname: string, cause: Error): BpfError {
  return new InvalidArgumentError(`"${basename(pathname)}" has a dot, which no pin may have`, {
    cause,
    hint: "choose a name without one",
  });
}

/** BPF_FS_MAGIC of include/uapi/linux/magic.h. */
const bpffsMagic = 0xcafe4a11;

/** Number of the kind of file system that holds a folder, or `undefined` when that cannot be found out. */
function fileSystemType(folder: string): number | undefined {
  try {
    return statfsSync(folder).type;
  } catch {
    return undefined;
  }
}
