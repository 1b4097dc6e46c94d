/**
 * What maps and rings hold against what a test expects, with the difference in lines.
 * @module
 */
import { inspect, isDeepStrictEqual } from "node:util";
import { ExpectationError } from "./expectation-error.ts";

/** An element: key and value. */
export type Element = readonly [key: unknown, value: unknown];

/**
 * Expects the same elements, in any order.
 * @throws {ExpectationError} with a line for each that is missing, too many, or different.
 */
export function expectElements(
  map: string,
  actual: readonly Element[],
  expected: readonly Element[],
): void {
  const lines: string[] = [];
  const left = [...actual];
  for (const [key, value] of expected) {
    const index = left.findIndex(([other]) => isDeepStrictEqual(other, key));
    const found = index === -1 ? undefined : left.splice(index, 1)[0];
    if (found === undefined) lines.push(`- ${elementText([key, value])}   missing`);
    else if (!isDeepStrictEqual(found[1], value))
      lines.push(`- ${elementText([key, value])}   expected`, `+ ${elementText(found)}   found`);
  }
  lines.push(...left.map((element) => `+ ${elementText(element)}   not expected`));
  if (lines.length === 0) return;
  throw new ExpectationError(`map "${map}" is not as expected:\n${indented(lines)}`, {
    actual,
    expected,
  });
}

/**
 * Expects the same events in the same order.
 * @throws {ExpectationError} with a line for each that differs.
 */
export function expectSameEvents(
  ring: string,
  actual: readonly unknown[],
  expected: readonly unknown[],
): void {
  if (isDeepStrictEqual(actual, expected)) return;
  const count = Math.max(actual.length, expected.length);
  const lines = Array.from({ length: count }, (_, index) => index).flatMap((index) => {
    const [is, wanted] = [actual[index], expected[index]];
    const inBoth = index < actual.length && index < expected.length;
    if (inBoth && isDeepStrictEqual(is, wanted)) return [];
    return [
      ...(index < expected.length ? [`- ${index}: ${text(wanted)}   expected`] : []),
      ...(index < actual.length ? [`+ ${index}: ${text(is)}   found`] : []),
    ];
  });
  throw new ExpectationError(`events of "${ring}" are not as expected:\n${indented(lines)}`, {
    actual,
    expected,
  });
}

function elementText([key, value]: Element): string {
  return `${text(key)} → ${text(value)}`;
}

function text(value: unknown): string {
  return inspect(value, { breakLength: Infinity, depth: 6 });
}

function indented(lines: readonly string[]): string {
  return lines.map((line) => `  ${line}`).join("\n");
}
