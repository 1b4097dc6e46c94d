import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { needs } from "ts-ebpf/testing";
import { ExitCode } from "../exit-code.ts";
import { startCommand } from "../testing/command.ts";

interface Json {
  readonly tracing: { readonly works: boolean; readonly error?: { readonly code: string } };
  readonly findings: readonly { readonly id: string; readonly status: string }[];
  readonly features: readonly { readonly name: string; readonly supported?: boolean }[];
}

// The user stays, who may read the sources wherever they lie; the rights go.
const setpriv = ["setpriv", "--clear-groups", "--bounding-set=-all", "--inh-caps=-all"];

describe("doctor", needs("root", "bpf", "btf"), () => {
  it("says that tracing works", async () => {
    using command = startCommand(["doctor"]);
    assert.equal(await command.ended, ExitCode.ok, command.errors());
    assert.match(command.lines.at(-1)!, /^✓ Tracing works here/);
    assert.equal(command.errors(), "");
  });

  it("lists features", async () => {
    using command = startCommand(["doctor", "--features"]);
    assert.equal(await command.ended, ExitCode.ok);
    assert.ok(command.lines.some((line) => /^ {2}✓ ringbuf +since 5\.8/.test(line)));
  });

  it("says so in JSON", async () => {
    using command = startCommand(["doctor", "--json"]);
    assert.equal(await command.ended, ExitCode.ok);
    const { tracing, findings, features } = JSON.parse(command.lines.join("\n")) as Json;
    assert.deepEqual(tracing, { works: true });
    assert.equal(findings.find(({ id }) => id === "btf")?.status, "ok");
    assert.equal(features.find(({ name }) => name === "ringbuf")?.supported, true);
  });

  it("says what is missing without privileges", async () => {
    using command = startCommand(["doctor"], { by: setpriv });
    assert.equal(await command.ended, ExitCode.unavailable);
    const text = command.lines.join("\n");
    assert.match(text, /✗ capabilities +none\n +→ run as root, or give the process CAP_BPF/);
    assert.match(text, /✗ Tracing does not work here: .*\n.*CAP_BPF/);
  });

  it("says in JSON what is missing without privileges", async () => {
    using command = startCommand(["doctor", "--json"], { by: setpriv });
    assert.equal(await command.ended, ExitCode.unavailable);
    const { tracing } = JSON.parse(command.lines.join("\n")) as Json;
    assert.equal(tracing.works, false);
    assert.equal(tracing.error?.code, "NO_PERMISSION");
  });
});
