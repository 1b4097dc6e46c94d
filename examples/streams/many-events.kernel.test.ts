import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import { load } from "ts-ebpf";
import { needs } from "ts-ebpf/testing";
import { count, countNow, names } from "./many-events.ts";
import { events, onExec } from "./pipelines.ts";

describe("very many events", needs("root", "bpf", "btf", "ringbuf"), () => {
  it("are read by callback, record by record or many at once", async () => {
    await using tracer = await load({ events, onExec });
    tracer.attach();
    for (let time = 0; time < 3; time++) spawnSync("/bin/true");
    assert.deepEqual(await names(tracer.events, process.pid, 3), ["true", "true", "true"]);
    for (let time = 0; time < 5; time++) spawnSync("/bin/true");
    assert.equal(await count(tracer.events, process.pid, 5), 5);
  });

  it("are taken without waiting", async (test) => {
    const said = test.mock.method(console, "log", () => undefined);
    await using tracer = await load({ events, onExec });
    tracer.attach();
    for (let time = 0; time < 4; time++) spawnSync("/bin/true");
    tracer.detach();
    assert.equal(countNow(tracer.events, process.pid), 4);
    assert.equal(countNow(tracer.events, process.pid), 0);
    assert.match(String(said.mock.calls[0]!.arguments), /^4 of \d+ are ours$/);
  });
});
