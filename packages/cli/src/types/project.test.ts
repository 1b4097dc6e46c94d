import assert from "node:assert/strict";
import {
  type DisposableTempDir,
  mkdirSync,
  mkdtempDisposableSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { scanProject } from "./project.ts";

/** A folder with these files, removed at the end of the scope. */
function folderOf(files: Readonly<Record<string, string>>): DisposableTempDir {
  const folder = mkdtempDisposableSync(join(tmpdir(), "ts-ebpf-project-"));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder.path, name)), { recursive: true });
    writeFileSync(join(folder.path, name), text);
  }
  return folder;
}

describe("scanProject", () => {
  it("finds the names in all sources, sorted, with a source for each", () => {
    using folder = folderOf({ "b.ts": 'kprobe("z"); fentry("a")', "deep/c.mts": 'kprobe("z")' });
    const { functions, sourceCount } = scanProject([folder.path]);
    assert.deepEqual(
      [...functions],
      [
        ["a", join(folder.path, "b.ts")],
        ["z", join(folder.path, "b.ts")],
      ],
    );
    assert.equal(sourceCount, 2);
  });
  it("passes over what is not the project's own, and declarations", () => {
    const text = 'fentry("found")';
    using folder = folderOf({
      "node_modules/x/index.ts": text,
      "dist/x.ts": text,
      ".cache/x.ts": text,
      "x.d.ts": text,
      "x.d.mts": text,
      "x.json": text,
      "src/y.ts": "",
    });
    const { functions, places, sourceCount } = scanProject([folder.path]);
    assert.deepEqual([...functions.keys()], []);
    assert.deepEqual(places, [folder.path, join(folder.path, "src")]);
    assert.equal(sourceCount, 1);
  });
  it("takes files, and watches the folders they are in", () => {
    using folder = folderOf({ "a.ts": 'fentry("a")', "b.ts": 'fentry("b")' });
    const { functions, places } = scanProject([join(folder.path, "a.ts")]);
    assert.deepEqual([...functions.keys()], ["a"]);
    assert.deepEqual(places, [folder.path]);
  });
  it("refuses what is not there", () => {
    using folder = folderOf({});
    assert.throws(() => scanProject([join(folder.path, "nowhere")]), {
      name: "InvalidArgumentError",
      message: /^there is no .*nowhere$/,
    });
  });
  it("says what cannot be read, and passes over what has gone", () => {
    using folder = folderOf({ "a.ts": 'fentry("a")' });
    const loop = join(folder.path, "loop.ts");
    symlinkSync("loop.ts", loop);
    assert.throws(() => scanProject([loop]), {
      name: "InvalidArgumentError",
      message: /^cannot read .*loop\.ts: its links go round in a circle$/,
    });
    // In a folder only what is a file is a source.
    assert.equal(scanProject([folder.path]).sourceCount, 1);
  });
});
