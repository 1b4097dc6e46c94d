import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Fd } from "./fd.ts";
import { type Leak, reportLeaks } from "./leaks.ts";
import { fakeBridge } from "./testing-bridge.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

function makeDescriptors(act: (fd: Fd) => void): void {
  // Many, as the collector need not take the last one.
  for (let number = 0; number < 20; number++) {
    act(new Fd(fakeBridge(), number, { kind: "map", label: 'map "lost"' }));
  }
}

/** Leaks reported until one comes, or the collector has run often enough. */
async function leaksOf(act: (fd: Fd) => void): Promise<readonly Leak[]> {
  const leaks: Leak[] = [];
  using _ = reportLeaks((leak) => leaks.push(leak));
  makeDescriptors(act);
  for (let turn = 0; turn < 5 && leaks.length === 0; turn++) {
    collect();
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
  return leaks;
}

describe("reportLeaks", () => {
  it("tells what was lost and where it was made", async () => {
    const [leak] = await leaksOf(() => {});
    assert.equal(leak?.what, 'map "lost"');
    assert.match(leak.stack, /map "lost" was opened here[\s\S]*makeDescriptors/);
  });
  it("says nothing of what was closed", async () =>
    assert.deepEqual(await leaksOf((fd) => fd.close()), []));
  it("says nothing of what was given away", async () =>
    assert.deepEqual(await leaksOf((fd) => fd.move().close()), []));
  it("says nothing once it is switched off", async () => {
    const leaks: Leak[] = [];
    reportLeaks((leak) => leaks.push(leak))[Symbol.dispose]();
    makeDescriptors(() => {});
    collect();
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    assert.deepEqual(leaks, []);
  });
});
