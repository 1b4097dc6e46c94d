/**
 * Helpers on messages that sockets send (net/core/filter.c).
 *
 * A message is one piece until a program asks for a part of it, or changes it somewhere in the middle: then it sees only
 * that part, as it does where the kernel keeps pieces apart.
 * @module
 */
import type { Core } from "../core.ts";
import { failed } from "../errno.ts";
import type { Machine } from "../vm/machine.ts";
import { type HelperGroup, u32Of, u64Of } from "./context.ts";

function pull(machine: Machine, { packet }: Core): number {
  const [from, to] = [u32Of(machine, 2), u32Of(machine, 3)];
  if (u64Of(machine, 4) !== 0n || to <= from || to > packet.length) return failed.invalid;
  packet.visible = { from, to };
  return 0;
}

function push(machine: Machine, { packet }: Core): number {
  const [at, length] = [u32Of(machine, 2), u32Of(machine, 3)];
  if (u64Of(machine, 4) !== 0n) return failed.invalid;
  if (length === 0) return 0;
  if (at > packet.length) return failed.invalid;
  packet.splice(at, 0, length);
  // The new bytes are a piece of their own.
  packet.visible = { from: 0, to: at === 0 ? length : at };
  return 0;
}

function pop(machine: Machine, { packet }: Core): number {
  const [at, length] = [u32Of(machine, 2), u32Of(machine, 3)];
  if (u64Of(machine, 4) !== 0n) return failed.invalid;
  if (length === 0) return 0;
  if (at >= packet.length || at + length > packet.length) return failed.invalid;
  packet.splice(at, length, 0);
  packet.visible = { from: 0, to: at === 0 ? packet.length : at };
  return 0;
}

/** Messages. */
export const messageHelpers: HelperGroup = {
  msg_apply_bytes: (machine, { current }) => {
    current.applyBytes = u32Of(machine, 2);
    return 0;
  },
  msg_cork_bytes: (machine, { current }) => {
    current.corkBytes = u32Of(machine, 2);
    return 0;
  },
  msg_pull_data: pull,
  msg_push_data: push,
  msg_pop_data: pop,
};
