/**
 * object-load OBJECT: an object file opened, loaded and closed: `load` is the time from start to end. `relocate` is what loading
 * takes beside bpf(2): reading the kernel's types, and relocating by them; laying out attributes counts as bpf(2). `again` is a
 * second load, for which the library has kept the types.
 *
 * What the library keeps, it keeps by kernel. So each round has a kernel of its own: the running one behind a proxy, which
 * also takes the time of its calls.
 * @module
 */
import { openObject, type Kernel } from "ts-ebpf";
import { openNativeKernel } from "ts-ebpf/sys";
import { cpuNs, expect, serveRounds, type Answer } from "./rounds.ts";

const [object = ""] = process.argv.slice(2);
const leastRelocations = 100;
const native = openNativeKernel();
/** Nanoseconds that were spent in bpf(2). */
let inKernel = 0;

expect("as many relocations as tools have", countRelocations() >= leastRelocations);
await serveRounds(() => {
  const kernel = timedKernel();
  const first = load(kernel);
  return { ...first, again: load(kernel)["load"]! };
});

function countRelocations(): number {
  const specs = Object.values(openObject(object).spec);
  const sites = specs.map((spec) => ("relocations" in spec ? (spec.relocations?.length ?? 0) : 0));
  return sites.reduce((sum, count) => sum + count, 0);
}

function load(kernel: Kernel): Answer {
  const start = cpuNs();
  const opened = openObject(object, { kernel });
  const open = cpuNs();
  inKernel = 0;
  const loaded = opened.load();
  const end = cpuNs();
  const calls = inKernel;
  expect("calls of bpf(2)", calls > 0);
  loaded.close();
  return { load: (cpuNs() - start) / 1e6, relocate: (end - open - calls) / 1e6 };
}

/** The running kernel, as one that nothing is known of; its `bpf` adds to the time spent there. */
function timedKernel(): Kernel {
  const bpf: Kernel["bpf"] = (command, attributes) => {
    const start = cpuNs();
    try {
      return native.bpf(command, attributes);
    } finally {
      inKernel += cpuNs() - start;
    }
  };
  return new Proxy<Kernel>(native, {
    get: (_target, name) => {
      if (name === "bpf") return bpf;
      const value: unknown = Reflect.get(native, name);
      return typeof value === "function" ? value.bind(native) : value;
    },
  });
}
