/**
 * Attaching to network namespaces.
 * @module
 */
import { assertText, assertWord } from "../base/arguments.ts";
import { assertProgram, type Program } from "../program/program.ts";
import { Link } from "./link.ts";

/**
 * Runs `program` in a network namespace, given by its file: for `sk_lookup` (minimum kernel 5.9) at each search for a
 * socket, for `flow_dissector` (5.8) at each hashing of a packet. Privileges: CAP_NET_ADMIN in the namespace.
 * @throws {NotFoundError} when there is no such file; {@link NoSpaceError} when the namespace has a flow dissector.
 */
export function attachNetns(
  program: Program,
  attachType: "sk_lookup" | "flow_dissector",
  path: string,
): Link {
  assertProgram(program);
  assertWord(attachType, ["sk_lookup", "flow_dissector"], "the place in a network namespace");
  assertText(path, "the file of a network namespace");
  const { kernel } = program;
  using target = kernel.openPath(path);
  const handle = kernel.bpf("linkCreate", { prog: program.handle, target, attachType });
  return new Link({ kernel, kind: "netns", target: `${attachType} of ${path}`, handle });
}
