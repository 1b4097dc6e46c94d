/**
 * A congestion control for tests of structs of functions.
 * @module
 */
import { mov } from "../asm/alu.ts";
import { assemble } from "../asm/assemble.ts";
import { exit } from "../asm/call.ts";
import type { Instruction } from "../isa/instruction.ts";
import { r0 } from "../isa/register.ts";
import { structOps, type StructOpsOptions, type StructOpsSpec } from "../spec/struct-ops.ts";
import { counting } from "./testing-hits.ts";

/** A function that returns 2. */
export const two: readonly Instruction[] = assemble([mov(r0, 2), exit()]);

/** A congestion control that keeps the window as it is, and counts what it is asked. */
export function congestion(
  members: StructOpsOptions["members"] = {},
  options: Omit<StructOpsOptions, "type" | "members"> = {},
): StructOpsSpec {
  return structOps({
    type: "tcp_congestion_ops",
    members: {
      name: "ts_ebpf_test",
      init: counting(),
      ssthresh: two,
      undo_cwnd: two,
      cong_avoid: counting(),
      ...members,
    },
    ...options,
  });
}
