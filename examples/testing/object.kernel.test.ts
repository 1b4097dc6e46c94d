import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, it } from "node:test";
import { fileURLToPath } from "node:url";
import { ethernet, needs, testObject } from "ts-ebpf/testing";

const folder = mkdtempSync(join(tmpdir(), "test-object-"));
const path = join(folder, "packets.bpf.o");
const available = needs("root", "bpf", "btf", "clang");

before(() => {
  if (available.skip !== false) return;
  const source = fileURLToPath(new URL("../objects/packets.bpf.c", import.meta.url));
  const headers = `-I/usr/include/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`;
  const options = ["-O2", "-g", "--target=bpf", "-mcpu=v3", headers];
  execFileSync("clang", [...options, "-c", source, "-o", path]);
});
after(() => rmSync(folder, { recursive: true }));

for (const kernel of ["simulated", "native"] as const)
  it(`counts packets of a least length, ${kernel}`, available, () => {
    // #region object
    const changes = { variables: { leastBytes: 60 } };
    using test = testObject(path, { program: "count", changes, kernel });
    test.run({ packet: ethernet().payload("x".repeat(20)) }).expectVerdict("pass");
    test.run({ packet: ethernet().payload("x".repeat(50)) });
    test.expectMap("lengths", [[64, 1n]]);
    // #endregion
  });

it("says which programs there are", available, () => {
  assert.throws(() => testObject(path), {
    message: "which program of the object is to be tested?",
    hint: 'say it with program: "…"; there are count, drop',
  });
  assert.throws(() => testObject(path, { program: "cuont" }), { hint: 'did you mean "count"?' });
});
