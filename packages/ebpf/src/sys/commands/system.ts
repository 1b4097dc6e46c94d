/**
 * Commands that are about the system rather than one object: statistics, tokens, descriptors of other processes.
 * @module
 */
import { cString } from "../../base/bytes.ts";
import type { ProgramId } from "../../kernel/handle.ts";
import type { TaskFdQueryResult } from "../../kernel/commands.ts";
import type { Operation } from "../call/failure.ts";
import { fdOf, rawOf } from "../fd.ts";
import { knownWordOf } from "../call/flags.ts";
import { enableStats, taskFdQuery, tokenCreate } from "../generated/attributes.ts";
import { statsTypeNumbers, taskFdTypeNumbers } from "../generated/constants.ts";
import { KernelRecord } from "../call/record.ts";
import type { SomeHandlers } from "./handlers.ts";

/** Room for the name of a tracepoint, a symbol or a path: PATH_MAX. */
const nameBytes = 4096;

/** Handlers of `enableStats`, `tokenCreate` and `taskFdQuery`. */
export const systemHandlers: SomeHandlers<"enableStats" | "tokenCreate" | "taskFdQuery"> = {
  enableStats: (caller, { type }) => {
    const record = new KernelRecord(enableStats).set(enableStats.type, statsTypeNumbers[type]);
    const describe = (): Operation => ({
      text: `switch on ${type} statistics`,
      needs: ["CAP_SYS_ADMIN"],
    });
    return caller.open("enableStats", record, {
      kind: "file",
      label: `${type} statistics`,
      describe,
    });
  },
  tokenCreate: (caller, { bpffs }) => {
    const record = new KernelRecord(tokenCreate).set(tokenCreate.bpffsFd, rawOf(bpffs, "file"));
    const describe = (): Operation => ({
      text: `create a token from ${fdOf(bpffs).label}`,
      needs: ["CAP_BPF"],
      meanings: {
        EINVAL: { reason: "it is not the root of a bpffs" },
        ENOENT: { reason: "this bpffs delegates nothing; mount it with delegate_… options" },
        EOPNOTSUPP: { feature: "tokens in the initial user namespace" },
      },
    });
    return caller.open("tokenCreate", record, { kind: "token", label: "token", describe });
  },
  taskFdQuery: (caller, { pid, fd }) => {
    const name = new Uint8Array(nameBytes);
    const record = new KernelRecord(taskFdQuery)
      .set(taskFdQuery.pid, pid)
      .set(taskFdQuery.fd, fd)
      .point(taskFdQuery.buf, name)
      .set(taskFdQuery.bufLen, nameBytes);
    caller.call("taskFdQuery", record, () => ({
      text: `ask what descriptor ${fd} of process ${pid} is attached to`,
      needs: ["CAP_SYS_ADMIN"],
      meanings: {
        ENOENT: { reason: "there is no such process" },
        EBADF: { reason: "the process has no such descriptor", kind: "not-found" },
        EOPNOTSUPP: { kind: "other", reason: "the descriptor is not attached to a probe" },
        ENOTSUPP: { kind: "other", reason: "the descriptor is not attached to a probe" },
      },
    }));
    return decode(record, cString(name));
  },
};

function decode(record: KernelRecord, name: string): TaskFdQueryResult {
  const type = record.get(taskFdQuery.fdType);
  return {
    programId: record.get(taskFdQuery.progId) as ProgramId,
    type: knownWordOf(taskFdTypeNumbers, type) ?? "raw_tracepoint",
    name,
    probeOffset: record.getBig(taskFdQuery.probeOffset),
    probeAddress: record.getBig(taskFdQuery.probeAddr),
  };
}
