/**
 * From a negated errno to the error that the native kernel would throw.
 * @module
 */
import type { Command } from "../kernel/commands.ts";
import { failureOf, type Operation } from "../kernel/failure.ts";
import type { KernelVersion } from "../kernel/feature.ts";
import { commandSince } from "../kernel/since.ts";

/** A call that may be refused. */
export interface Call {
  readonly command: Command;
  readonly version: KernelVersion;
  readonly operation: Operation;
}

/** The error that `result`, a negated errno, is. */
export function refusal(result: number, { command, version, operation }: Call): Error {
  const own = { feature: `command ${command} of bpf(2)`, since: commandSince[command] };
  const requires = [own, ...(operation.requires ?? [])];
  return failureOf(-result, { operation: { ...operation, requires }, version });
}
