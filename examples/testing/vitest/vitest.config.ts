/**
 * Configuration of vitest for tests of kernel programs: the plugin keeps the source of each program beside its function.
 * @module
 */
import { vite as bpf } from "ts-ebpf/plugin";

export default {
  plugins: [bpf()],
};
