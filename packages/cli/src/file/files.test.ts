import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { InvalidArgumentError } from "ts-ebpf";
import { fileError } from "./file-error.ts";
import { readFile } from "./read-file.ts";
import { replaceFile } from "./replace-file.ts";

const folder = mkdtempSync(join(tmpdir(), "ts-ebpf-files-"));
after(() => rmSync(folder, { recursive: true }));
const at = (name: string): string => join(folder, name);

const refuses = (act: () => unknown, message: RegExp): void =>
  assert.throws(
    act,
    (error) => error instanceof InvalidArgumentError && message.test(error.format()),
  );

describe("readFile", () => {
  it("gives the bytes", () => {
    writeFileSync(at("a"), "text");
    assert.equal(readFile(at("a"), "").toString(), "text");
  });
  it("says what is wrong with which file", () => {
    refuses(
      () => readFile(at("none"), "give another"),
      /there is no file .*none\n {2}hint: give another/,
    );
    refuses(() => readFile(folder, ""), /cannot read .*ts-ebpf-files-.*: it is a folder/);
    refuses(() => readFile(at("a/b"), ""), /cannot read .*a\/b: a part of its path is a file/);
  });
});

describe("replaceFile", () => {
  it("makes folders, and leaves nothing beside the file", () => {
    replaceFile(at("new/x"), "one");
    replaceFile(at("new/x"), "two");
    assert.equal(readFileSync(at("new/x"), "utf8"), "two");
    assert.deepEqual(readdirSync(at("new")), ["x"]);
  });
  it("says what is wrong with which file, and leaves what was there", () => {
    writeFileSync(at("file"), "");
    mkdirSync(at("taken/by"), { recursive: true });
    refuses(() => replaceFile(at("taken"), "x"), /cannot write .*taken: it is a folder/);
    refuses(() => replaceFile(at("file/x"), "x"), /cannot write .*file\/x: a part of its path/);
    assert.deepEqual(readdirSync(at("taken")), ["by"]);
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.endsWith(".tmp")),
      [],
    );
  });
});

describe("fileError", () => {
  it("leaves other errors as they are", () => {
    const error = new TypeError("x");
    assert.equal(fileError(error, { action: "read", path: "x" }), error);
    assert.equal(fileError("x", { action: "read", path: "x" }), "x");
  });
});
