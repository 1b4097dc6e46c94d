import assert from "node:assert/strict";
import {
  existsSync,
  mkdtempDisposableSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { needs } from "ts-ebpf/testing";
import { ExitCode } from "../exit-code.ts";
import { startCommand } from "../testing/command.ts";

interface Json {
  readonly changed: boolean;
  readonly kernel: string;
  readonly counts: { readonly types: number };
  readonly functions: readonly { readonly name: string; readonly known: boolean }[];
}

describe("types", needs("btf"), () => {
  it("writes again when a source names another function, until it is interrupted", async () => {
    using temporary = mkdtempDisposableSync(join(tmpdir(), "ts-ebpf-types-"));
    const folder = temporary.path;
    const out = join(folder, "kernel.d.ts");
    writeFileSync(join(folder, "a.ts"), 'fentry("vfs_read", f)');
    using command = startCommand(["types", folder, "--out", out, "--watch", "--json"]);
    await command.until(() => command.errors().includes("Watching the sources."));
    const [first] = command.lines.map((line) => JSON.parse(line) as Json);
    assert.ok(first!.counts.types > 5000);
    assert.match(first!.kernel, /^Linux \d/);
    assert.ok(!readFileSync(out, "utf8").includes("readonly vfs_write:"));

    writeFileSync(join(folder, "b.ts"), 'fentry("vfs_write", f); fexit("no_such_function", f)');
    await command.until(() => command.lines.length > 1);
    const { functions, changed } = JSON.parse(command.lines[1]!) as Json;
    assert.ok(changed);
    assert.deepEqual(
      functions.map(({ name, known }) => [name, known]),
      [
        ["no_such_function", false],
        ["vfs_read", true],
        ["vfs_write", true],
      ],
    );
    assert.ok(readFileSync(out, "utf8").includes("readonly vfs_write:"));
    assert.deepEqual(readdirSync(folder).toSorted(), ["a.ts", "b.ts", "kernel.d.ts"]);

    command.process.kill("SIGINT");
    assert.equal(await command.ended, ExitCode.ok, command.errors());
  });

  it("needs no privileges", async () => {
    using temporary = mkdtempDisposableSync(join(tmpdir(), "ts-ebpf-types-"));
    const folder = temporary.path;
    const by = ["setpriv", "--clear-groups", "--bounding-set=-all", "--inh-caps=-all"];
    const out = join(folder, "kernel.d.ts");
    using command = startCommand(["types", folder, "--out", out], { by });
    assert.equal(await command.ended, ExitCode.ok, command.errors());
    assert.ok(existsSync(out));
  });
});
