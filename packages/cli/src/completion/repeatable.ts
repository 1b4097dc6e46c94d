/**
 * Options that may be given several times.
 * @module
 */
import type { Option } from "commander";
import { HintedOption, type Hint } from "./hint.ts";

/** What the values of such an option are. */
export interface RepeatableValues<T> extends Pick<Hint, "values"> {
  readonly parse: (text: string) => T;
}

/** An option that may be given several times; its value is the list of all. */
export function repeatable<T>(
  flags: string,
  description: string,
  { parse, ...hint }: RepeatableValues<T>,
): Option {
  const option = new HintedOption(flags, `${description} (repeatable)`, {
    ...hint,
    repeatable: true,
  });
  // Commander passes what was there before: nothing, the first time.
  return option.argParser((text: string, previous: readonly T[] | undefined) => [
    ...(previous ?? []),
    parse(text),
  ]);
}
