/**
 * Recordings as text: the lines of source, below each the instructions it became, and what they changed.
 * @module
 */
import { helperSymbol } from "../../helper/helper-id.ts";
import { formatLine } from "../../isa/format.ts";
import type { RecordedStep, Recording } from "./recording.ts";

/**
 * One line for each step, and one in front of those of another line of source. What an instruction changed stands behind it:
 *
 * ```text
 * ; firewall.ts:12  if (ip.protocol !== 6) return XDP_PASS;
 *    14: (71) r1 = *(u8 *)(r0 +23)                      r1 = 6
 * ```
 */
export function* formatTrace({ steps }: Pick<Recording, "steps">): Generator<string, void> {
  let shown: RecordedStep | undefined;
  for (const step of steps) {
    const line = sourceLine(step);
    if (line !== undefined && line !== (shown && sourceLine(shown))) yield line;
    shown = step;
    yield formatStep(step, steps[step.index + 1]);
  }
}

/** Columns of the instruction, so that changes stand below each other. */
const instructionWidth = 52;

/** A step with what it changed, as far as the step after it shows that. */
export function formatStep(step: RecordedStep, after: RecordedStep | undefined): string {
  const indent = "  ".repeat(step.depth);
  const text = indent + formatLine(step.instruction, step.slot, { helperSymbol });
  const changes = after === undefined ? [] : registerChanges(step, after);
  return changes.length === 0 ? text : `${text.padEnd(instructionWidth)}  ${changes.join(", ")}`;
}

/** `r1 = 6` for each register that differs; a call and a return change all, so they have none. */
function registerChanges(step: RecordedStep, after: RecordedStep): readonly string[] {
  if (step.depth !== after.depth) return [];
  return after.registers.flatMap((value, index) =>
    value === step.registers[index] ? [] : [`r${index} = ${formatWord(value)}`],
  );
}

/** A register for people: numbers near zero in decimal, with their sign; all others, addresses mostly, in hexadecimal. */
export function formatWord(value: bigint): string {
  const signed = BigInt.asIntN(64, value);
  return signed > -65_536n && signed < 65_536n ? String(signed) : `0x${value.toString(16)}`;
}

function sourceLine({ instruction: { source } }: RecordedStep): string | undefined {
  return source && `; ${source.file}:${source.line}  ${source.text.trim()}`;
}
