/**
 * bin/bundle.js, each time in a process of its own: V8 keeps in memory what a process has compiled before.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempDisposableSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";

const loader = join(import.meta.dirname, "../bin/bundle.js");
const large = Array.from({ length: 300 }, (_, at) => `total += at * ${at};`).join("");
const main = `"use strict";const part=require("./part.cjs"),{sep}=require("node:path");
exports.run=words=>words.includes("large")?part.large():part.name+sep;
exports.fail=()=>{throw new Error("on purpose")};`;
const part = (name: string): string =>
  [
    `exports.name="${name}"`,
    `exports.large=()=>{let total=0;for(let at=0;at<2;at++){${large}}return total}`,
    'exports.at=()=>new Error("x").stack',
  ].join(";");

describe("the bundle's loader", () => {
  let folder: ReturnType<typeof mkdtempDisposableSync>;
  const bundle = (): string => join(folder.path, "bundle");
  const cache = (): string => join(folder.path, "home/cache");
  const kept = (command = "show"): string => join(cache(), `part-${command}.code`);

  beforeEach(() => {
    folder = mkdtempDisposableSync(join(tmpdir(), "ts-ebpf-bundle-"));
    mkdirSync(bundle());
    writeFileSync(join(bundle(), "main.cjs"), main);
    writeFileSync(join(bundle(), "part.cjs"), part("first"));
  });
  afterEach(() => folder.remove());

  /** What `expression` is with `opened` and its `main`; code is kept then. */
  function evaluate(expression: string, flags: readonly string[] = [], command = "show"): string {
    const program = `
      const { openBundle } = require(${JSON.stringify(loader)});
      const opened = openBundle(...${JSON.stringify([bundle(), cache(), command])});
      const main = opened.load("main.cjs");
      console.log(${expression});
      opened.keep();`;
    return execFileSync(process.execPath, [...flags, "-e", program], { encoding: "utf8" }).trim();
  }

  it("loads files that require each other and modules of Node", () => {
    assert.equal(evaluate("main.run([])"), "first/");
    assert.equal(evaluate("main.run([])"), "first/");
    assert.equal(evaluate('opened.load("main.cjs") === main'), "true");
  });

  it("keeps the functions that were called, for the user alone, once", () => {
    evaluate("main.run([])");
    const without = statSync(kept());
    assert.equal(without.mode & 0o777, 0o600);
    assert.equal(statSync(cache()).mode & 0o777, 0o700);
    evaluate('main.run(["large"])');
    assert.equal(
      statSync(kept()).mtimeMs,
      without.mtimeMs,
      "what is there is used, not made again",
    );
    evaluate('main.run(["large"])', [], "other");
    assert.ok(statSync(kept("other")).size > without.size + 2000);
    assert.deepEqual(readdirSync(cache()).toSorted(), [
      "main-other.code",
      "main-show.code",
      "part-other.code",
      "part-show.code",
    ]);
  });

  it("compiles no function again that was kept", () => {
    const compiled = (): boolean => {
      const log = join(folder.path, "v8.log");
      evaluate('main.run(["large"])', [
        "--log-function-events",
        "--no-logfile-per-isolate",
        `--logfile=${log}`,
      ]);
      return /^function,(full-parse|interpreter),.*large$/m.test(readFileSync(log, "utf8"));
    };
    assert.ok(compiled(), "the first run compiles it");
    assert.ok(!compiled());
  });

  it("makes code anew when the file of the bundle is another", () => {
    evaluate("main.run([])");
    writeFileSync(join(bundle(), "part.cjs"), part("other"));
    assert.equal(evaluate("main.run([])"), "other/");
    assert.equal(evaluate("main.run([])"), "other/");
  });

  it("makes code anew when it is cut off, or V8 has other settings", () => {
    evaluate("main.run([])");
    const { size } = statSync(kept());
    for (const rest of [0, 10, size - 100]) {
      truncateSync(kept(), rest);
      assert.equal(evaluate("main.run([])"), "first/");
      assert.equal(statSync(kept()).size, size);
    }
    const before = readFileSync(kept());
    assert.equal(evaluate("main.run([])", ["--no-lazy"]), "first/");
    assert.notDeepEqual(readFileSync(kept()), before);
  });

  it("works where nothing can be kept", () => {
    writeFileSync(join(folder.path, "home"), "no folder");
    assert.equal(evaluate("main.run([])"), "first/");
    assert.ok(!existsSync(cache()));
  });

  it("keeps what a long run has called by then", () => {
    const program = `(() => {
      main.run(["large"]);
      opened.keep = () => undefined;
      const isKept = () => require("node:fs").existsSync(${JSON.stringify(kept())});
      const watch = setInterval(() => isKept() && clearInterval(watch), 5);
      return "";
    })()`;
    assert.equal(evaluate(program), "");
    assert.ok(existsSync(kept()));
  });

  it("leaves the columns of stack traces as they are in the file", () => {
    const [, frame] = evaluate('opened.load("part.cjs").at()').split("\n");
    const column = part("first").indexOf("new Error") + 1;
    assert.ok(frame!.endsWith(`${join(bundle(), "part.cjs")}:1:${column})`), frame);
    const text = evaluate("(() => { try { main.fail() } catch (error) { return error.stack } })()");
    assert.match(text, /main\.cjs:3:25\)/);
  });
});
