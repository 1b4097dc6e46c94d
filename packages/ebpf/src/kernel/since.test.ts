import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { attachTypes, mapTypes, programTypes } from "../spec/generated/words.ts";
import { commandNumbers } from "../sys/generated/constants.ts";
import type { Command } from "./commands.ts";
import { compareVersions, formatVersion, type KernelVersion } from "./feature.ts";
import {
  attachTypeSince,
  commandSince,
  linkSince,
  mapTypeSince,
  programTypeSince,
} from "./since.ts";

// The kernel only ever adds to the end of its lists, so in their order the versions never go back.
describe("first versions", () => {
  const check = <Word extends string>(
    words: readonly Word[],
    since: { readonly [W in Word]: KernelVersion },
  ): void => {
    const late = words.filter((word, index) => {
      const before = words[index - 1];
      return before !== undefined && compareVersions(since[before], since[word]) > 0;
    });
    assert.deepEqual(late, []);
  };

  it("of maps follow their numbers", () => check(mapTypes, mapTypeSince));
  it("of programs follow their numbers", () => check(programTypes, programTypeSince));
  it("of places follow their numbers", () => check(attachTypes, attachTypeSince));
  it("of commands follow their numbers", () => {
    const commands = Object.keys(commandNumbers) as Command[];
    check(
      commands.toSorted((left, right) => commandNumbers[left] - commandNumbers[right]),
      commandSince,
    );
  });
});

describe("linkSince", () => {
  const check = (attachType: Parameters<typeof linkSince>[0], expected: string): void =>
    assert.equal(formatVersion(linkSince(attachType)), expected);

  it("is never before there were links", () => check("cgroup_inet_ingress", "5.7"));
  it("is that of a place that came later", () => check("perf_event", "5.15"));
  it("is later where links came later", () => check("trace_fentry", "5.19"));
  it("is never before the place itself", () => {
    const early = attachTypes.filter(
      (attachType) => compareVersions(linkSince(attachType), attachTypeSince[attachType]) < 0,
    );
    assert.deepEqual(early, []);
  });
});
