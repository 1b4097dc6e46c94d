/**
 * Says what a test needs, and skips it with the reason where the machine does not have that.
 *
 * A test that skips everywhere is no test. So whoever runs the tests names in `EBPF_TEST_PROMISES` what the machine
 * has, like `root,bpf,btf`, and a test that lacks something promised fails instead of being skipped.
 * @module
 */
import { BpfError, InvalidArgumentError } from "../base/errors.ts";
import { didYouMean } from "../base/text.ts";
import { type Capability, capabilities, whyMissing } from "./capabilities.ts";
import { isSimulated } from "./kernel-under-test.ts";
import { promises } from "./promises.ts";

/** Options for a test or a suite of node:test. */
export interface NeedsOptions {
  /** Why it is skipped; `false` when it runs. */
  readonly skip: string | false;
}

/**
 * Options for a test or suite that needs `needed`: `describe("HashMap", needs("bpf"), …)`.
 * @throws {BrokenPromiseError} when something is missing that `EBPF_TEST_PROMISES` promises.
 * @throws {InvalidArgumentError} when a name is no capability.
 */
export function needs(...needed: readonly Capability[]): NeedsOptions {
  const promised = promises();
  for (const name of [...needed, ...promised]) assertCapability(name);
  if (isSimulated()) return needsSimulated(needed);
  const missing = needed.filter((name) => whyMissing(name) !== undefined);
  for (const name of missing) {
    if (promised.includes(name)) throw new BrokenPromiseError(name, whyMissing(name)!);
  }
  if (missing.length === 0) return { skip: false };
  return { skip: missing.map((name) => `needs ${name}: ${whyMissing(name)}`).join("; ") };
}

/** What the simulated kernel has, whoever runs it. */
const simulated: ReadonlySet<Capability> = new Set<Capability>([
  "root",
  "bpf",
  "ringbuf",
  "user-ringbuf",
  "btf",
  "fentry",
]);

/** Programs of the machine, which tests may run whatever kernel they are for. */
const tools: ReadonlySet<Capability> = new Set<Capability>(["clang", "llvm-mc"]);

function isThereSimulated(name: Capability): boolean {
  return simulated.has(name) || (tools.has(name) && whyMissing(name) === undefined);
}

function needsSimulated(needed: readonly Capability[]): NeedsOptions {
  const missing = needed.filter((name) => !isThereSimulated(name));
  if (missing.length === 0) return { skip: false };
  return { skip: `the simulated kernel has no ${missing.join(", ")}` };
}

/** The machine lacks something that `EBPF_TEST_PROMISES` says it has. */
export class BrokenPromiseError extends BpfError {
  override readonly name = "BrokenPromiseError";
  readonly code = "BROKEN_PROMISE";

  constructor(capability: string, reason: string) {
    super(`${capability} is promised and missing: ${reason}`, {
      hint: `mend the machine, or take ${capability} out of EBPF_TEST_PROMISES`,
    });
  }
}

function assertCapability(name: string): void {
  if (capabilities.some((known) => known === name)) return;
  const hint = didYouMean(name, capabilities) ?? `there are ${capabilities.join(", ")}`;
  throw new InvalidArgumentError(`no capability is called "${name}"`, { hint });
}
