import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Coverage } from "../coverage/coverage.ts";
import { needs } from "../needs.ts";
import { checkBehaviour, dropping } from "./testing-suite.ts";
import { testProgram } from "./test-program.ts";

describe("testProgram, in the running kernel", needs("root", "bpf", "btf"), () => {
  checkBehaviour("native");
  it("cannot tell coverage", async () => {
    await assert.rejects(testProgram(dropping, { kernel: "native", coverage: new Coverage() }), {
      name: "InvalidArgumentError",
    });
  });
});
