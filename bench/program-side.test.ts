import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BenchmarkError } from "./error.ts";
import { ProgramSide } from "./program-side.ts";

/** A side whose program is JavaScript; `say` prints an answer, `onRound` is called for each round. */
function start(script: string): Promise<ProgramSide> {
  const prelude = `
    const say = (answer) => console.log(JSON.stringify(answer));
    const onRound = (body) => require("readline").createInterface({ input: process.stdin }).on("line", body);`;
  return ProgramSide.start([process.execPath, "-e", prelude + script]);
}

function isFailure(message: RegExp, hint: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof BenchmarkError);
    assert.match(error.message, message);
    assert.match(error.hint ?? "", hint);
    return true;
  };
}

describe("ProgramSide", () => {
  it("answers round by round, after saying what it has", async () => {
    await using side = await start(
      `let n = 0; say({ program: 7 }); onRound(() => say({ ns: ++n }));`,
    );
    assert.deepEqual(side.ready, { program: 7 });
    assert.deepEqual(await side.round(), { ns: 1 });
    assert.deepEqual(await side.round(), { ns: 2 });
  });

  it("says why a program could not start", async () => {
    const failing = start(`console.error("no such map"); process.exit(1);`);
    await assert.rejects(failing, isFailure(/ended without an answer/, /no such map/));
  });

  it("says why a program ended in a round", async () => {
    await using side = await start(
      `say({}); onRound(() => { console.error("lost records"); process.exit(1); });`,
    );
    await assert.rejects(side.round(), isFailure(/ended without/, /lost records/));
    await assert.rejects(side.round(), isFailure(/ended without/, /lost records/));
  });

  it("says when there is no such program", async () => {
    const failing = ProgramSide.start(["/nonexistent/peer"]);
    await assert.rejects(failing, isFailure(/nonexistent/, /ENOENT/));
  });
});
