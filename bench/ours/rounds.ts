/**
 * The dialogue with the driver, for the programs that use the library; `peer/rounds.h` is the same in C.
 * @module
 */
import { createInterface } from "node:readline";

/** What a round answers: numbers by field. */
export type Answer = Readonly<Record<string, number>>;

/** Says that rounds can begin, and makes one for each line read until there are no more. */
export async function serveRounds(
  round: () => Answer | Promise<Answer>,
  ready: Answer = {},
): Promise<void> {
  say(ready);
  for await (const _ of createInterface({ input: process.stdin })) say(await round());
}

/** Nanoseconds of CPU time that this process has used, with all its threads. */
export function cpuNs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1000;
}

/** Nanoseconds of CPU time per operation of `work`, as an answer. */
export function timed(operations: number, work: () => void): Answer {
  const start = cpuNs();
  work();
  return { ns: (cpuNs() - start) / operations };
}

/** Ends the program unless `condition` holds: a figure of wrong work is worse than none. */
export function expect(what: string, condition: boolean): void {
  if (condition) return;
  console.error(`expected ${what}`);
  process.exit(1);
}

/** Argument `index` of the command line, counted from 1, a positive number. */
export function numberArgument(index: number): number {
  const value = Number(process.argv[1 + index]);
  expect(`a number as argument ${index}`, value > 0);
  return value;
}

/** Argument `index` of the command line, counted from 1, one of `words`. */
export function wordArgument<const Word extends string>(
  index: number,
  words: readonly Word[],
): Word {
  const word = words.find((candidate) => candidate === process.argv[1 + index]);
  expect(`one of ${words.join(", ")} as argument ${index}`, word !== undefined);
  return word!;
}

function say(answer: Answer): void {
  console.log(JSON.stringify(answer));
}
