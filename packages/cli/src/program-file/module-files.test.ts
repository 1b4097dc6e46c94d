import assert from "node:assert/strict";
import { basename } from "node:path";
import { describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import { ProgramFolder } from "../testing/program-folder.ts";
import { ModuleFiles } from "./module-files.ts";

const load = async (path: string, time: number): Promise<Readonly<Record<string, unknown>>> =>
  (await import(`${pathToFileURL(path).href}?load=${time}`)) as Readonly<Record<string, unknown>>;

describe("ModuleFiles", () => {
  it("notes what a file imports by path, also what that imports", async () => {
    using folder = new ProgramFolder({ library: "none" });
    const entry = folder.write("entry.ts", 'export { one } from "./one.ts"; import "node:fs";');
    folder.write("one.ts", 'import { two } from "./two.ts"; export const one = two;');
    const two = folder.write("two.ts", "export const two = 1;");
    using files = new ModuleFiles(entry);
    assert.equal((await load(entry, 1))["one"], 1);
    assert.deepEqual(files.folders, [folder.path]);
    assert.equal(files.changed(), false);
    folder.write(basename(two), "export const two = 22;");
    assert.equal(files.changed(), true);
    assert.equal(files.changed(), false);
    // All of it is new, not only the file itself.
    assert.equal((await load(entry, 2))["one"], 22);
  });

  it("notes files that are not there yet", async () => {
    using folder = new ProgramFolder({ library: "none" });
    const entry = folder.write("entry.ts", 'export { one } from "./later.ts";');
    using files = new ModuleFiles(entry);
    await assert.rejects(load(entry, 1));
    assert.equal(files.changed(), false);
    folder.write("later.ts", "export const one = 1;");
    assert.equal(files.changed(), true);
    assert.equal((await load(entry, 2))["one"], 1);
  });

  it("lets other modules be", async () => {
    using folder = new ProgramFolder({ library: "none" });
    const [entry, other] = [folder.write("entry.ts", ""), folder.write("other.ts", "")];
    using files = new ModuleFiles(entry);
    await load(other, 1);
    folder.write("other.ts", "export const changed = true;");
    assert.equal(files.changed(), false);
  });
});
