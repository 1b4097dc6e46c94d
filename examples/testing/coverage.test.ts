import assert from "node:assert/strict";
import { after, it } from "node:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Coverage, ethernet, testProgram } from "ts-ebpf/testing";
import { blocked, filter } from "../language/packet-filter.ts";

const folder = mkdtempSync(join(tmpdir(), "coverage-"));
const tracefile = join(folder, "bpf.lcov");

// #region coverage
const coverage = new Coverage();

it("drops packets to blocked ports", async () => {
  using test = await testProgram(filter, { coverage });
  test.map(blocked).set(53, 0n);
  test.run({ packet: ethernet().ipv4().udp({ destination: 53 }) }).expectVerdict("drop");
});

it("reaches every line of the program", () => {
  const [file] = coverage.report().files;
  assert.ok(
    [...file!.lines.values()].every((count) => count > 0),
    coverage.summary(),
  );
});

after(() => writeFileSync(tracefile, coverage.lcov()));
// #endregion

after(() => {
  const text = readFileSync(tracefile, "utf8");
  rmSync(folder, { recursive: true });
  assert.match(text, /^SF:.*packet-filter\.ts$/m);
  assert.match(coverage.summary(), /^one way only: packet-filter\.ts:\d+ {2}if \(!hits\)/m);
});
