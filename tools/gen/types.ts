/**
 * Generates the types of the kernel that the library comes with, from the BTF of the running kernel.
 *
 * They are the same declarations as `ts-ebpf types` writes, of a part of the kernel only, and a module of the library
 * instead of an addition to it.
 * @module
 */
import { readFileSync } from "node:fs";
import { parseBtf } from "../../packages/ebpf/src/btf/btf.ts";
import { facetNames, valueTypes } from "../../packages/ebpf/src/btf/print/interface-names.ts";
import {
  declareTypeScript,
  facets,
  interfaceTexts,
} from "../../packages/ebpf/src/btf/print/typescript.ts";
import { type Generator, header } from "./generator.ts";
import { kernelRelease } from "./source/kernel-types.ts";
import { shippedSelection } from "./source/shipped-selection.ts";

/** Makes `types/generated/shipped-kernel.ts`. */
export const generator: Generator = {
  name: "types",
  release: kernelRelease,
  generate: () => [
    { path: "packages/ebpf/src/types/generated/shipped-kernel.ts", text: shippedKernel() },
  ],
};

function shippedKernel(): string {
  const btf = parseBtf(readFileSync("/sys/kernel/btf/vmlinux"), { path: "vmlinux" });
  const declarations = declareTypeScript(btf, { only: shippedSelection });
  const texts = interfaceTexts(declarations, "export ");
  // A compiler that is told to finds imports that nobody uses.
  const used = valueTypes.filter((name) => new RegExp(`\\b${name}\\b`).test(texts));
  const register = facets.map((facet) => `  readonly ${facet}: ${facetNames[facet]};\n`).join("");
  return [
    header("types", `the BTF of ${kernelRelease()}`),
    `\nimport type { ${used.join(", ")} } from "../value.ts";\n\n`,
    texts,
    `/** What the library knows of kernels. */\nexport interface ShippedKernel {\n${register}}\n`,
  ].join("");
}
