import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { needs } from "ts-ebpf/testing";
import { ExitCode } from "../exit-code.ts";
import { countingSource, ProgramFolder } from "../testing/program-folder.ts";

const launcher = join(import.meta.dirname, "../../bin/ts-ebpf.js");

/** What the command says to a user without rights. */
function asNobody(...words: readonly string[]) {
  const user = ["--reuid=65534", "--regid=65534", "--clear-groups", process.execPath, launcher];
  return spawnSync("setpriv", [...user, ...words], { encoding: "utf8" });
}

describe("files of others", needs("root"), () => {
  it("that cannot be read are named", () => {
    using folder = new ProgramFolder();
    chmodSync(folder.path, 0o755);
    const file = folder.write("secret.ts", countingSource());
    chmodSync(file, 0o600);
    for (const command of ["run", "dump", "build"]) {
      const { status, stderr } = asNobody(command, file);
      assert.equal(status, ExitCode.failed);
      assert.match(stderr, /InvalidArgumentError .*cannot read .*secret\.ts: this user may not/);
    }
  });

  it("in a folder that cannot be read are named", () => {
    using folder = new ProgramFolder();
    // The folder is for root alone.
    const { status, stderr } = asNobody("run", folder.write("secret.ts", countingSource()));
    assert.equal(status, ExitCode.failed);
    assert.match(stderr, /InvalidArgumentError .*cannot read .*secret\.ts: this user may not/);
  });

  it("that cannot be written are named", () => {
    using folder = new ProgramFolder();
    const file = folder.write("count.ts", countingSource());
    // The folder is for root alone.
    const { status, stderr } = asNobody("types", "--out", `${file}.d.ts`, "/usr/share/doc");
    assert.equal(status, ExitCode.failed);
    assert.match(stderr, /cannot write .*count\.ts\.d\.ts: this user may not/);
  });
});
