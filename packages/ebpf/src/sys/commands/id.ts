/**
 * Walking through what the kernel has loaded by number, and opening by number.
 * @module
 */
import type { Command } from "../../kernel/commands.ts";
import type { BtfId, HandleKind, LinkId, MapId, ProgramId } from "../../kernel/handle.ts";
import { type Caller, isErrno } from "../call/caller.ts";
import type { Operation } from "../call/failure.ts";
import type { Fd } from "../fd.ts";
import { rawOf } from "../fd.ts";
import { objId } from "../generated/attributes.ts";
import { mapFlagBits } from "../generated/constants.ts";
import { KernelRecord } from "../call/record.ts";
import type { SomeHandlers } from "./handlers.ts";
import { accessBits } from "./pin.ts";

/** Handlers of commands with numbers of objects. */
export const idHandlers: SomeHandlers<
  | "progGetNextId"
  | "mapGetNextId"
  | "btfGetNextId"
  | "linkGetNextId"
  | "progGetFdById"
  | "mapGetFdById"
  | "btfGetFdById"
  | "linkGetFdById"
> = {
  progGetNextId: (caller, { startId }) =>
    nextId(caller, "progGetNextId", startId) as ProgramId | undefined,
  mapGetNextId: (caller, { startId }) =>
    nextId(caller, "mapGetNextId", startId) as MapId | undefined,
  btfGetNextId: (caller, { startId }) =>
    nextId(caller, "btfGetNextId", startId) as BtfId | undefined,
  linkGetNextId: (caller, { startId }) =>
    nextId(caller, "linkGetNextId", startId) as LinkId | undefined,
  progGetFdById: (caller, { id }) => openById(caller, "progGetFdById", { kind: "program", id }),
  mapGetFdById: (caller, { id, access }) => {
    const flags = accessBits[access ?? "read-write"];
    return openById(caller, "mapGetFdById", { kind: "map", id, flags });
  },
  btfGetFdById: (caller, { id, token }) => {
    const tokenFd = token && rawOf(token, "token");
    const flags = token === undefined ? 0 : mapFlagBits.token_fd;
    return openById(caller, "btfGetFdById", { kind: "btf", id, flags, tokenFd });
  },
  linkGetFdById: (caller, { id }) => openById(caller, "linkGetFdById", { kind: "link", id }),
};

const needs = ["CAP_SYS_ADMIN"] as const;

/** What the commands go through, in words. */
const listed = {
  progGetNextId: "programs",
  mapGetNextId: "maps",
  btfGetNextId: "BTF objects",
  linkGetNextId: "links",
} as const;

function nextId(caller: Caller, command: keyof typeof listed, startId: number): number | undefined {
  const record = new KernelRecord(objId).set(objId.startId, startId);
  const result = caller.try(command, record);
  if (isErrno(result, "ENOENT")) return undefined;
  if (result < 0) {
    const operation: Operation = { text: `list ${listed[command]}`, needs };
    throw caller.failure(command, -result, operation);
  }
  return record.get(objId.nextId);
}

/** An object named by its number. */
interface Numbered {
  readonly kind: HandleKind;
  readonly id: number;
  readonly flags?: number;
  readonly tokenFd?: number | undefined;
}

function openById(caller: Caller, command: Command, { kind, id, flags, tokenFd }: Numbered): Fd {
  const record = new KernelRecord(objId)
    .set(objId.progId, id)
    .set(objId.openFlags, flags)
    .set(objId.fdByIdTokenFd, tokenFd);
  const label = `${kind} ${id}`;
  const describe = (): Operation => ({
    text: `open ${label}`,
    needs,
    meanings: { ENOENT: { reason: `there is no ${label}` } },
  });
  return caller.open(command, record, { kind, label, describe });
}
