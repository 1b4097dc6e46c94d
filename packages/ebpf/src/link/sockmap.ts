/**
 * Attaching to maps of sockets.
 *
 * Kernels before 6.10 have no links for it: there the program is attached to the map as it is, and taken off again when
 * the link is closed. The kind of the link tells. A process that ends without closing leaves the program attached as
 * long as the map lives.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import { NotSupportedError } from "../kernel/errors.ts";
import type { HasHandle } from "../kernel/handle.ts";
import { handleOf } from "../kernel/handle-of.ts";
import { assertProgram, type Program } from "../program/program.ts";
import type { AttachType } from "../spec/words.ts";
import { Link } from "./link.ts";

/**
 * Runs `program` on what the sockets of `map` send or receive: those that are put into it from now on. Minimum kernel 4.14.
 * Privileges: CAP_NET_ADMIN (CAP_SYS_ADMIN before 5.8).
 * @throws {BusyError} when the map has such a program already.
 * @throws {InvalidArgumentError} when the program is not one for maps of sockets.
 */
export function attachSockmap(program: Program, map: HasHandle): Link {
  assertProgram(program);
  const { kernel, spec } = program;
  const { expectedAttachType: attachType } = spec;
  if (attachType === undefined || !/^sk_(msg|skb)_/.test(attachType)) throw notForSockets(program);
  const mapHandle = handleOf(map, "the map of sockets");
  const target = `${attachType} of a map of sockets`;
  try {
    const attributes = { prog: program.handle, target: mapHandle, attachType };
    const handle = kernel.bpf("linkCreate", attributes);
    return new Link({ kernel, kind: "sockmap", target, handle });
  } catch (error) {
    if (!(error instanceof NotSupportedError)) throw error;
  }
  return attachWithoutLink(program, map, attachType);
}

function notForSockets({ name, type }: Program): InvalidArgumentError {
  return new InvalidArgumentError(`program "${name}" of type ${type} is not for maps of sockets`, {
    hint: "make it with skMsg(…) or skSkb(…)",
  });
}

function attachWithoutLink(program: Program, map: HasHandle, attachType: AttachType): Link {
  const { kernel } = program;
  using stack = new DisposableStack();
  const attachBpf = stack.use(program.handle.duplicate());
  const target = stack.use(map.handle.duplicate());
  kernel.bpf("progAttach", { target, attachBpf, attachType });
  stack.defer(() => kernel.bpf("progDetach", { target, attachBpf, attachType }));
  return new Link({
    kernel,
    kind: "prog_attach",
    target: `${attachType} of a map of sockets`,
    handle: program.handle.duplicate(),
    more: stack.move(),
  });
}
