/**
 * What to say of a program that failed.
 * @module
 */
import type { Verdict } from "./compare.ts";

/** Equal for programs that fail in the same way. */
export function signatureOf(verdict: Verdict): string {
  if (verdict.kind === "rejected") return `rejected: ${withoutNumbers(reasonIn(verdict.message))}`;
  if (!("message" in verdict)) return verdict.kind;
  const [first = ""] = verdict.message.split("\n");
  return `${verdict.kind}: ${withoutNumbers(first.replace(/^\S+:\d+:\d+: /, ""))}`;
}

/** The verdict for people: the log's end, or each value that differs. */
export function describeVerdict(verdict: Verdict): string {
  if ("message" in verdict) return `${verdict.kind} (${modeName(verdict)}): ${verdict.message}`;
  if (verdict.kind !== "different") return verdict.kind;
  const { found, expected, input } = verdict;
  const numbers = [...new BigInt64Array(input.slice().buffer)].join(", ");
  const lines = differences(found, expected, "");
  return [`${modeName(verdict)}, input ${numbers}`, ...lines].join("\n");
}

function modeName({ mode }: Extract<Verdict, { mode: unknown }>): string {
  return `optimize: ${mode.optimize}, ISA v${mode.isaVersion}`;
}

/** The line of a verifier's log that says why. */
function reasonIn(log: string): string {
  const lines = log.split("\n").filter((line) => !/^(processed |\d+:|;)|^$/.test(line));
  return lines.at(-1) ?? "";
}

function withoutNumbers(text: string): string {
  return text.replaceAll(/\d+/g, "0");
}

function differences(found: unknown, expected: unknown, path: string): string[] {
  if (
    typeof expected !== "object" ||
    expected === null ||
    typeof found !== "object" ||
    found === null
  ) {
    return found === expected
      ? []
      : [`${path}: the kernel has ${String(found)}, JavaScript ${String(expected)}`];
  }
  const names = new Set([...Object.keys(found), ...Object.keys(expected)]);
  return [...names].flatMap((name) =>
    differences(part(found, name), part(expected, name), `${path}.${name}`),
  );
}

function part(value: object, name: string): unknown {
  return (value as Record<string, unknown>)[name];
}
