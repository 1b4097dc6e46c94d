/**
 * Commands about the system rather than one object, and about what programs print: statistics, tokens, descriptors, streams.
 * @module
 */
import { NotSupportedError } from "../../kernel/errors.ts";
import type { Command } from "../../kernel/commands.ts";
import type { Operation } from "../../kernel/failure.ts";
import { pinFolder, SimulatedFile } from "../attach/file.ts";
import type { Core } from "../core.ts";
import { failed } from "../errno.ts";
import { objectOf, SimulatedHandle } from "../object.ts";
import { SimulatedProgram } from "../program.ts";
import { hasCommand, type Handlers } from "./handlers.ts";

/** Handlers of `enableStats`, `tokenCreate`, `taskFdQuery` and `progStreamReadByFd`. */
export const systemHandlers: Handlers = {
  enableStats: (core, { type }) => {
    assertHas(core, "enableStats", { text: `switch on ${type} statistics` });
    return new SimulatedHandle(core.statistics.switchOn());
  },
  tokenCreate: (core, { bpffs }) => {
    const { path, label } = objectOf(bpffs, SimulatedFile);
    const operation: Operation = {
      text: `create a token from ${label}`,
      meanings: {
        EINVAL: { reason: "it is not the root of a bpffs" },
        EOPNOTSUPP: { feature: "tokens in the initial user namespace" },
      },
    };
    assertHas(core, "tokenCreate", operation);
    // All processes are in the user namespace that was there first, where nobody delegates to anybody.
    const result = path === pinFolder ? failed.operationNotSupported : failed.invalid;
    throw core.error("tokenCreate", result, operation);
  },
  taskFdQuery: () => {
    throw new NotSupportedError("command taskFdQuery of bpf(2)", {
      hint: "the simulated kernel has handles, and processes in it have no descriptors to ask for",
    });
  },
  progStreamReadByFd: (core, { prog, streamId, buffer }) => {
    const { streams, label } = objectOf(prog, SimulatedProgram);
    assertHas(core, "progStreamReadByFd", { text: `read ${streamId} of ${label}` });
    return { length: streams[streamId].readInto(buffer) };
  },
};

/** @throws {NotSupportedError} when a kernel of this version does not have the command. */
function assertHas(core: Core, command: Command, operation: Operation): void {
  core.check(hasCommand(core, command) ? 0 : failed.invalid, command, () => operation);
}
