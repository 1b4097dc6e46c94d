import assert from "node:assert/strict";
import { stripTypeScriptTypes } from "node:module";
import { it } from "node:test";
import { type CollectionSpec, load } from "ts-ebpf";
import { transformSource } from "ts-ebpf/capture";
import { createSimulatedKernel } from "ts-ebpf/sim";
import { ethernet } from "ts-ebpf/testing";

const library = import.meta.resolve("ts-ebpf");

const written = `
import { xdp } from "${library}";
export const onPacket = xdp((): number => {
  "use bpf";
  return 1;
});`;

it("runs a program that never was in a file", async () => {
  // #region text
  const { code } = transformSource({ path: "written.ts", text: written })!;
  const url = `data:text/javascript,${encodeURIComponent(stripTypeScriptTypes(code))}`;
  const specs = (await import(url)) as CollectionSpec;

  await using loaded = await load({ ...specs }, { kernel: createSimulatedKernel() });
  const program = loaded.programs.get("onPacket")!;
  assert.equal(program.run({ data: ethernet().ipv4().tcp().bytes }).returnValue, 1);
  // #endregion
});
