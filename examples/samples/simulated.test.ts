import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { type CollectionSpec, load } from "ts-ebpf";
import { importModule } from "ts-ebpf/compiler";
import { createSimulatedKernel } from "ts-ebpf/sim";

const kinds = new Set<unknown>(["map", "program", "source-program"]);

/** The maps and programs that a module exports. */
function specsOf(exports: Readonly<Record<string, unknown>>): CollectionSpec {
  const specs = Object.entries(exports).filter(
    ([, value]) =>
      typeof value === "object" && value !== null && "kind" in value && kinds.has(value.kind),
  );
  return Object.fromEntries(specs) as CollectionSpec;
}

const isSample = (name: string): boolean => name.endsWith(".ts") && !name.includes("test");

describe("samples", () => {
  for (const name of readdirSync(import.meta.dirname).filter(isSample)) {
    it(`are loaded into the simulated kernel: ${name}`, async () => {
      const specs = specsOf(await importModule(join(import.meta.dirname, name)));
      using loaded = await load(specs, { kernel: createSimulatedKernel() });
      assert.ok(loaded.programs.size > 0);
      assert.equal(loaded.kernel.kind, "simulated");
    });
  }
});

describe("load", () => {
  it("takes a simulated kernel when it is told to, and says so", async () => {
    using loaded = await load({}, { kernel: "simulated" });
    assert.equal(loaded.kernel.kind, "simulated");
  });
});
