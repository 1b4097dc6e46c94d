/**
 * What `perf accept` does: note in the history that the levels since the last changes are what shall be.
 * @module
 */
import { InvalidArgumentError } from "ts-ebpf";
import { type Acceptance, appendHistory, type Trend, trendsIn } from "ts-ebpf/testing";
import type { Context } from "../context.ts";
import { readExisting } from "./check.ts";

/**
 * Accepts the levels of the benchmarks `names`, of all when there are none.
 * @throws {InvalidArgumentError} when a name is not in the history.
 */
export function acceptLevels(
  names: readonly string[],
  path: string,
  { remark }: Pick<Context, "remark">,
): void {
  const trends = trendsIn(readExisting(path).entries);
  for (const name of names) assertKnown(name, trends, path);
  const accepted = trends.filter(
    ({ benchmark, change }) =>
      change !== undefined && (names.length === 0 || names.includes(benchmark)),
  );
  appendHistory(path, accepted.map(acceptanceOf));
  for (const { benchmark, change } of accepted)
    remark(`${benchmark}: what was measured before ${change!.since.time} does not count any more`);
  if (accepted.length === 0) remark("nothing has changed, so there is nothing to accept");
}

function acceptanceOf({ benchmark, metric, machine, change }: Trend): Acceptance {
  const time = new Date().toISOString();
  return { kind: "acceptance", time, benchmark, metric, machine, from: change!.since.time };
}

function assertKnown(name: string, trends: readonly Trend[], path: string): void {
  if (trends.some(({ benchmark }) => benchmark === name)) return;
  const known = [...new Set(trends.map(({ benchmark }) => benchmark))];
  throw new InvalidArgumentError(`${path} has no benchmark "${name}"`, {
    hint: known.length === 0 ? "nothing has been measured yet" : `it has ${known.join(", ")}`,
  });
}
