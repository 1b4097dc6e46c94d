import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, it } from "node:test";

function bench(args: readonly string[], env: NodeJS.ProcessEnv = process.env) {
  const main = join(import.meta.dirname, "main.ts");
  return spawnSync(process.execPath, [main, ...args], { encoding: "utf8", env });
}

describe("bench", () => {
  it("explains itself", () => {
    const { status, stdout } = bench(["--help"]);
    assert.equal(status, 0);
    assert.match(stdout, /map-lookup.*startup/s);
  });

  it("ends with 2 for a name it does not know", () => {
    const { status, stderr } = bench(["map-lokup"]);
    assert.equal(status, 2);
    assert.match(stderr, /no benchmark "map-lokup"\n {2}hint: there are map-lookup/);
  });

  it("says what to install when a peer is missing", () => {
    const { status, stdout, stderr } = bench(["startup", "--json"], { PATH: "/nonexistent" });
    assert.equal(status, 2);
    assert.equal(stdout, "");
    assert.match(stderr, /clang.*is not installed\n {2}hint: install it: apt install clang/);
  });
});
