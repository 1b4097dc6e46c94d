/**
 * The same configuration for within this repository, where the library is not built and its sources are meant.
 * @module
 */
import config from "./vitest.config.ts";

const conditions = ["@ts-ebpf/source", "module", "node", "development|production"];

export default {
  ...config,
  root: import.meta.dirname,
  test: { include: ["*.spec.ts"] },
  ssr: { resolve: { conditions } },
};
