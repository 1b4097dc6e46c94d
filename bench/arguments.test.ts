import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseArguments, usage, type Arguments } from "./arguments.ts";
import { BenchmarkError } from "./error.ts";

const known = ["map-lookup", "ring-drain"];
const defaults: Arguments = {
  names: [],
  json: false,
  check: false,
  quick: false,
  help: false,
  runs: undefined,
};

function check(commandLine: readonly string[], expected: Partial<Arguments>): void {
  assert.deepEqual(parseArguments(commandLine, known), { ...defaults, ...expected });
}

function checkRefused(commandLine: readonly string[], message: RegExp, hint: RegExp): void {
  assert.throws(
    () => parseArguments(commandLine, known),
    (error) => {
      assert.ok(error instanceof BenchmarkError);
      assert.match(error.message, message);
      assert.match(error.hint ?? "", hint);
      return true;
    },
  );
}

describe("parseArguments", () => {
  it("asks for everything when nothing is said", () => check([], {}));

  it("takes names and options in any order", () => {
    check(["--json", "map-lookup"], { names: ["map-lookup"], json: true });
    check(["ring-drain,map-lookup", "--json"], { names: ["ring-drain", "map-lookup"], json: true });
    check(["ring-drain", "map-lookup", "--check", "--quick"], {
      names: ["ring-drain", "map-lookup"],
      check: true,
      quick: true,
    });
  });

  it("takes the number of runs in both spellings", () => {
    check(["--runs", "7"], { runs: 7 });
    check(["--runs=1"], { runs: 1 });
  });

  it("takes --help and -h", () => {
    check(["--help"], { help: true });
    check(["-h"], { help: true });
  });

  it("refuses an unknown name and lists those there are", () => {
    checkRefused(["map-lokup"], /no benchmark "map-lokup"/, /map-lookup, ring-drain/);
  });

  it("refuses an unknown option", () => checkRefused(["--jsn"], /--jsn/, /--help/));

  it("refuses runs that are no count", () => {
    for (const runs of ["0", "-3", "1.5", "many", "", "1e99", "9".repeat(30)]) {
      checkRefused([`--runs=${runs}`], /--runs is/, /whole number/);
    }
    checkRefused(["--runs"], /runs/, /--help/);
  });
});

describe("usage", () => {
  it("names every benchmark", () => assert.match(usage(known), /map-lookup, ring-drain/));
});
