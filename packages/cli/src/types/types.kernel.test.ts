import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempDisposableSync,
  readdirSync,
  readFileSync,
  renameSync,
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
    const isWatching = (): boolean => command.errors().includes("Watching the sources.");
    await command.until(() => isWatching() && command.lines.length > 0);
    const [first] = command.lines.map((line) => JSON.parse(line) as Json);
    assert.ok(first!.counts.types > 5000);
    assert.match(first!.kernel, /^Linux \d/);
    assert.ok(!readFileSync(out, "utf8").includes("readonly vfs_write:"));

    // Whole from the start, as who watches looks at once.
    using other = mkdtempDisposableSync(join(tmpdir(), "ts-ebpf-types-"));
    const written = join(other.path, "b.ts");
    writeFileSync(written, 'fentry("vfs_write", f); fexit("no_such_function", f)');
    renameSync(written, join(folder, "b.ts"));
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

  it("says in words what cannot be read", async () => {
    using temporary = mkdtempDisposableSync(join(tmpdir(), "ts-ebpf-types-"));
    const folder = temporary.path;
    const closed = join(folder, "closed");
    chmodSync(folder, 0o755);
    mkdirSync(closed, { mode: 0o700 });
    mkdirSync(join(folder, "folder.o"));
    writeFileSync(join(folder, "closed.o"), "", { mode: 0o600 });
    const by = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    for (const [name, reason] of [
      ["closed", "this user may not"],
      ["closed.o", "this user may not"],
      ["folder.o", "it is a folder"],
    ] as const) {
      using command = startCommand(["types", join(folder, name), "--out", "-"], { by });
      assert.equal(await command.ended, ExitCode.failed, command.errors());
      const told = `InvalidArgumentError [INVALID_ARGUMENT]: cannot read ${join(folder, name)}: ${reason}`;
      assert.equal(command.errors().split("\n")[0], told);
      assert.deepEqual(command.lines, []);
    }
  });
});
