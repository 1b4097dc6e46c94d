/**
 * Fails a kernel test file that leaves something open: descriptors, mapped maps, pins.
 *
 * `kernel.ts` loads it into the process of each file before the file itself, and it looks again when that process
 * ends, after all `using` blocks and hooks. Programs that the kernel keeps for another reason are `loaded.ts`'s business.
 * @module
 */
import { readdirSync } from "node:fs";
import { descriptorsSince, openDescriptors } from "../../packages/ebpf/src/testing/descriptors.ts";
import { mountPoints } from "../../packages/ebpf/src/sys/machine/mounts.ts";

// The runner itself loads this file as well; only the processes it starts for the files are to be watched.
if (process.env["NODE_TEST_CONTEXT"]?.startsWith("child") === true) watch();

function watch(): void {
  const descriptors = openDescriptors();
  const pinned = new Set(pins());
  process.on("exit", () => {
    const left = [
      ...descriptorsSince(descriptors).map((descriptor) => `still open: ${descriptor}`),
      ...pins()
        .filter((pin) => !pinned.has(pin))
        .map((pin) => `still pinned: ${pin}`),
    ];
    if (left.length === 0) return;
    console.error(`left behind at the end of the file:\n  ${left.join("\n  ")}`);
    process.exitCode = 1;
  });
}

/** Everything in the BPF file systems of this mount namespace. */
function pins(): string[] {
  return mountPoints("bpf").flatMap((mount) =>
    readdirSync(mount, { recursive: true, encoding: "utf8" }).map((name) => `${mount}/${name}`),
  );
}
