import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { functionNames } from "./function-names.ts";

const check = (source: string, names: readonly string[]): void =>
  assert.deepEqual(functionNames(source), names);

describe("functionNames", () => {
  it("finds names in every kind of quotes", () =>
    check(`fentry("vfs_read", a); fexit('vfs_write', b); kprobe(\`tcp_connect\`, c);`, [
      "vfs_read",
      "vfs_write",
      "tcp_connect",
    ]));
  it("finds names on the next line", () =>
    check('fmodRet(\n  "bpf_fentry_test1",\n', ["bpf_fentry_test1"]));
  it("finds lists", () =>
    check('kprobeMulti(["vfs_read", "vfs_write"], f)', ["vfs_read", "vfs_write"]));
  it("finds every use", () => check('kprobe("a", f); kretprobe("a", g);', ["a", "a"]));
  it("finds none in other calls", () => {
    check('uprobe("main", f); tpBtf("sched_switch", f); myfentry("x", f);', []);
    check('fentry(name, f); fentry("not a name", f);', []);
  });
});
