import assert from "node:assert/strict";
import { it } from "node:test";
import { simulate } from "ts-ebpf/testing";
import { jobs, runs, schedule } from "./control.ts";
import { events, onExec, onRun, usages } from "./memory.ts";

// #region test
it("sends what lies below /usr", () => {
  using world = simulate();
  const task = { tgid: 7, comm: "ls", real_parent: { tgid: 1 } };
  const run = (file: string) => world.run(onExec, task, 7, { filename: world.place(file) });
  run("/usr/bin/ls");
  run("/bin/ls");
  assert.deepEqual(world.events(events), [{ pid: 7, parent: 1, comm: "ls", file: "/usr/bin/ls" }]);
});
// #endregion

it("changes map values where they lie", () => {
  using world = simulate({ now: 5n });
  for (let time = 0; time < 3; time++) world.run(onRun, { tgid: 7, comm: "ls" });
  assert.deepEqual(world.map(usages).get(7), { runs: 3n, lastNs: 5n, comm: "ls" });
});

it("runs timers when time passes", () => {
  using world = simulate();
  runs.value = 0n;
  world.map(jobs).set(0, {});
  world.run(schedule, world.xdp(new Uint8Array(64)));
  world.advance(999_999n);
  assert.equal(runs.value, 0n);
  world.advance(1n);
  assert.equal(runs.value, 1n);
});
