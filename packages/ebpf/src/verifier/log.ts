/**
 * The verifier's log: what it holds, and which of its lines tell why a program was rejected.
 *
 * The verifier prints every instruction it walks, the state of registers, and at the end one line that names the fault,
 * followed by statistics. The line before the statistics is the telling one; what came before is how it got there.
 * @module
 */

/** Lines of a log without the zero bytes and the empty lines around it. */
export function logLines(log: string): readonly string[] {
  const end = log.indexOf("\0");
  const text = end === -1 ? log : log.slice(0, end);
  return text.split("\n").filter((line) => line.trim() !== "");
}

/** The line that names the fault, or `undefined` in an empty log. */
export function tellingLine(lines: readonly string[]): string | undefined {
  return lines.findLast((line) => !isStatistics(line));
}

/** Index of the instruction the verifier was at when it stopped, or `undefined` when the log does not say. */
export function faultyInstruction(lines: readonly string[]): number | undefined {
  for (const line of lines.toReversed()) {
    const match = /^(\d+): \([0-9a-f]{2}\) /.exec(line);
    if (match !== null) return Number(match[1]);
  }
  return undefined;
}

/** `processed 12 insns (limit 1000000) …`, `verification time 53 usec`, `stack depth 0`. */
function isStatistics(line: string): boolean {
  return /^(processed \d+ insns|verification time |stack depth |insns processed|max_states)/.test(
    line,
  );
}
