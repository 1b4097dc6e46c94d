import assert from "node:assert/strict";
import { mkdtempDisposableSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { buildSync } from "esbuild";
import { ownStack } from "./own-stack.ts";

describe("ownStack", () => {
  it("names the sources of what runs", () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), "ts-ebpf-stack-"));
    const [source, outfile] = [join(folder.path, "fails.ts"), join(folder.path, "fails.cjs")];
    writeFileSync(
      source,
      "export function failing(): never {\n  throw new Error('oops');\n}\nfailing();\n",
    );
    buildSync({
      entryPoints: [source],
      outfile,
      format: "cjs",
      minify: true,
      sourcemap: "external",
    });
    const { stack } = thrownBy(outfile);
    assert.match(stack, /fails\.cjs:1:\d+/);
    assert.match(ownStack(stack), /fails\.ts:2:9\)\n[^]*fails\.ts:4:1\)\n/);
    assert.doesNotMatch(ownStack(stack), /fails\.cjs/);
  });
  it("leaves alone what it has no map of", () => {
    const stack = "Error: x\n    at y (/nowhere/z.cjs:1:2)\n    at node:internal/modules:3:4";
    assert.equal(ownStack(stack), stack);
  });
});

function thrownBy(file: string): { readonly stack: string } {
  try {
    process.getBuiltinModule("node:module").createRequire(import.meta.url)(file);
  } catch (error) {
    return error as { readonly stack: string };
  }
  return assert.fail("nothing was thrown");
}
