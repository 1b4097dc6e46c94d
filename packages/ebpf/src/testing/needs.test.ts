import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { InvalidArgumentError } from "../base/errors.ts";
import { capabilities, type Capability, whyMissing } from "./capabilities.ts";
import { BrokenPromiseError, needs } from "./needs.ts";
import { promises } from "./promises.ts";

const variable = "EBPF_TEST_PROMISES";
const missing = capabilities.find((name) => whyMissing(name) !== undefined);

describe("needs", () => {
  const before = process.env[variable];
  beforeEach(() => void delete process.env[variable]);
  afterEach(() => {
    if (before === undefined) delete process.env[variable];
    else process.env[variable] = before;
  });

  it("skips nothing where nothing is needed", () => assert.deepEqual(needs(), { skip: false }));

  const skip = missing === undefined ? "this machine has everything" : false;
  it("skips with the reason where something is missing", { skip }, () =>
    assert.deepEqual(needs(missing!), { skip: `needs ${missing}: ${whyMissing(missing!)}` }),
  );

  it("fails where something promised is missing", { skip }, () => {
    process.env[variable] = missing;
    assert.throws(() => needs(missing!), BrokenPromiseError);
  });

  it("refuses names it does not know, also in promises", () => {
    assert.throws(() => needs("kprobes" as Capability), InvalidArgumentError);
    process.env[variable] = "roots";
    assert.throws(
      () => needs(),
      (error: InvalidArgumentError) => error.hint === 'did you mean "root"?',
    );
  });
});

describe("promises", () => {
  it("are separated by commas or blanks", () =>
    assert.deepEqual(promises("root, bpf,,btf "), ["root", "bpf", "btf"]));
});
