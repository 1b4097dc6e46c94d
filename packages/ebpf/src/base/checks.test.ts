import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  assertOptions,
  type Checks,
  isAnything,
  isBoolean,
  isFunction,
  isListOf,
  isName,
  isObject,
  isText,
  isWhole,
  isWord,
} from "./checks.ts";
import { InvalidArgumentError } from "./errors.ts";

interface Options {
  readonly interface?: string;
  readonly note?: string;
  readonly mode?: "fast" | "slow";
  readonly count?: number;
  readonly offsets?: readonly number[];
  readonly filter?: object;
  readonly report?: () => void;
  readonly packed?: boolean;
  readonly any?: unknown;
}

const checks: Checks<Options> = {
  interface: isName,
  note: isText,
  mode: isWord(["fast", "slow"]),
  count: isWhole({ least: 1, most: 9 }),
  offsets: isListOf(isWhole()),
  filter: isObject,
  report: isFunction,
  packed: isBoolean,
  any: isAnything,
};

describe("assertOptions", () => {
  const check = (options: unknown): void => assertOptions(options as Options, checks, "a probe");
  const refuses = (options: unknown, message: RegExp): void =>
    assert.throws(
      () => check(options),
      (error) => error instanceof InvalidArgumentError && message.test(error.format()),
    );

  it("takes what can be meant, and what is left out", () => {
    check({});
    check({ interface: undefined, any: Symbol("x"), note: "" });
    check({ interface: "eth0", mode: "fast", count: 9, offsets: [], filter: {}, report: () => {} });
  });

  it("names the member and whose it is", () => {
    refuses({ interface: "" }, /interface of a probe is empty\n {2}hint: give its name/);
    refuses({ interface: 5 }, /interface of a probe is 5/);
    refuses({ note: null }, /note of a probe is null/);
    refuses({ mode: "fsat" }, /mode of a probe is "fsat"\n {2}hint: did you mean "fast"/);
    refuses({ count: 10 }, /count of a probe is 10/);
    refuses({ offsets: 5 }, /offsets of a probe is a number, not an array/);
    refuses({ offsets: [1, 1.5] }, /one of offsets of a probe is 1\.5/);
    refuses({ filter: [] }, /filter of a probe is an array, not an object/);
    refuses({ report: {} }, /report of a probe is an object, not a function/);
    refuses({ packed: 1 }, /packed of a probe is a number, not true or false/);
    refuses({ count: Symbol("x") }, /count of a probe is Symbol\(x\)/);
  });

  it("refuses members that there are not, and what has none", () => {
    refuses(
      { interfaec: "eth0" },
      /a probe takes no "interfaec"\n {2}hint: did you mean "interface"/,
    );
    refuses(null, /a probe is given null/);
    refuses(5, /a probe is given a number, not an object/);
    refuses([], /a probe is given an array/);
  });
});
