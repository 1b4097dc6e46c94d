import assert from "node:assert/strict";
import { availableParallelism } from "node:os";
import { describe, it } from "node:test";
import { fakeFiles } from "../testing-files.ts";
import { parseCpuList, readCpus } from "./cpus.ts";

describe("parseCpuList", () => {
  const check = (text: string, ...expected: readonly number[]): void =>
    assert.deepEqual(parseCpuList(text), expected);

  it("reads one CPU", () => check("0\n", 0));
  it("reads a range", () => check("0-3\n", 0, 1, 2, 3));
  it("reads a list with holes", () => check("0-1,4,8-9\n", 0, 1, 4, 8, 9));
  it("reads an empty list", () => check("\n"));
});

describe("readCpus", () => {
  const folder = "/sys/devices/system/cpu";

  it("tells possible and online apart", () => {
    const files = fakeFiles({ [`${folder}/possible`]: "0-7\n", [`${folder}/online`]: "0-2,5\n" });
    assert.deepEqual(readCpus(files), {
      possible: [0, 1, 2, 3, 4, 5, 6, 7],
      online: [0, 1, 2, 5],
    });
  });
  it("takes all possible ones for online where only those are told", () =>
    assert.deepEqual(readCpus(fakeFiles({ [`${folder}/possible`]: "0,2" })).online, [0, 2]));
  it("counts what the process may use where nothing is told", () =>
    assert.equal(readCpus(fakeFiles({})).possible.length, availableParallelism()));
});
