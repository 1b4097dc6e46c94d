import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { execRecord, type RecordOptions } from "../../testing/exec-event.ts";
import { decodeExec, ExecHead, recordBytesMax, splitArguments } from "./exec-event.ts";

describe("ExecHead", () => {
  it("is as large as the picture says", () => assert.equal(ExecHead.size, 48));
  it("leaves room for a record in a value of a per-CPU map", () => {
    // PCPU_MIN_UNIT_SIZE in include/linux/percpu.h.
    assert.ok(recordBytesMax <= 32 << 10);
  });
});

describe("decodeExec", () => {
  const decode = (file: string, words: string, options?: RecordOptions) =>
    decodeExec(execRecord(file, words, options), (us) => us + 5);

  it("takes a record apart", () =>
    assert.deepEqual(decode("/bin/ls\0", "ls\0-l\0"), {
      timeUs: 1005,
      pid: 4711,
      ppid: 4700,
      uid: 33,
      command: "ls",
      file: "/bin/ls",
      arguments: ["ls", "-l"],
      truncated: false,
    }));
  it("decodes UTF-8", () => {
    const { file, arguments: words } = decode("/tmp/größe\0", "漢字\0😀\0");
    assert.equal(file, "/tmp/größe");
    assert.deepEqual(words, ["漢字", "😀"]);
  });
  it("keeps byte order marks", () =>
    assert.deepEqual(decode("x\0", "\ufeffa\0").arguments, ["\ufeffa"]));
  it("takes a path that could not be read for an empty one", () => {
    const event = decode("", "ls\0");
    assert.equal(event.file, "");
    assert.deepEqual(event.arguments, ["ls"]);
  });
  it("says when arguments are missing", () => {
    const event = decode("x\0", "ls\0-lo", { argumentBytesGiven: 100 });
    assert.deepEqual(event.arguments, ["ls", "-lo"]);
    assert.ok(event.truncated);
  });
  it("says when no argument could be read", () => {
    const event = decode("x\0", "", { argumentBytesGiven: 6 });
    assert.deepEqual(event.arguments, []);
    assert.ok(event.truncated);
  });
});

describe("splitArguments", () => {
  const check = (text: string, words: readonly string[]): void =>
    assert.deepEqual(splitArguments(text), words);

  it("splits behind zero characters", () => check("a\0b c\0", ["a", "b c"]));
  it("keeps empty arguments", () => check("\0a\0\0", ["", "a", ""]));
  it("knows no argument from an empty one", () => {
    check("", []);
    check("\0", [""]);
  });
  it("takes a cut argument", () => check("a\0bc", ["a", "bc"]));
});
