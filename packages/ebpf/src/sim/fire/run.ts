/**
 * Running what is attached at a place, and what each run came to.
 * @module
 */
import type { ProgramId } from "../../kernel/handle.ts";
import type { Attachment } from "../attach/attachments.ts";
import type { Core } from "../core.ts";
import type { Invocation } from "../helper/context.ts";
import type { SimulatedProgram } from "../program.ts";

/** What one program did. */
export interface Run {
  /** Name of the program, as the kernel has it. */
  readonly program: string;
  readonly id: ProgramId;
  /** What it returned: all 64 bits, and the lower 32 as a number with sign. */
  readonly result: bigint;
  readonly value: number;
}

/** A run, with what helpers left in it. */
export interface Ran extends Run {
  readonly invocation: Invocation;
}

/** Runs one program on the context at an address. */
export function runProgram(
  core: Core,
  program: SimulatedProgram,
  context: bigint,
  given: Partial<Invocation> = {},
): Ran {
  const invocation: Invocation = { cookie: 0n, returnValue: 0, ...given, context, program };
  const result = core.run(invocation);
  return {
    program: program.attributes.progName ?? "",
    id: program.id as ProgramId,
    result,
    value: Number(BigInt.asIntN(32, result)),
    invocation,
  };
}

/** Runs all programs of a list that are for the current process, in order; `each` may end it by returning false. */
export function runAttached(
  core: Core,
  attachments: readonly Attachment[],
  context: bigint,
  { given = {}, each = () => true }: RunOptions = {},
): readonly Ran[] {
  const runs: Ran[] = [];
  for (const { program, cookie, functionAddress, pid } of attachments) {
    if (pid !== undefined && pid !== core.world.task.pid) continue;
    const ran = runProgram(core, program, context, { cookie, functionAddress, ...given });
    runs.push(ran);
    if (!each(ran)) break;
  }
  return runs;
}

/** How programs of a list are run. */
export interface RunOptions {
  readonly given?: Partial<Invocation>;
  readonly each?: (ran: Ran) => boolean;
}

/** Runs as they are told to whoever fired. */
export function toldOf(runs: readonly Ran[]): readonly Run[] {
  return runs.map(({ program, id, result, value }) => ({ program, id, result, value }));
}
