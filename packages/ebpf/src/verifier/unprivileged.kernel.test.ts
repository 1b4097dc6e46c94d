/**
 * Rejections that only programs loaded without CAP_PERFMON meet, provoked in a process that lacks it.
 * @module
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import { needs } from "../testing/needs.ts";

/** What the process found: by name of the program, the rule that explains it, or what happened instead. */
type Findings = Readonly<Record<string, string>>;

/** Arguments of setpriv(1): root with the right to load programs for networks and nothing else. */
const rights = ["--clear-groups", "--bounding-set=-all,+bpf,+net_admin", "--inh-caps=-all"];

const source = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);

const script = `
import { add, mov } from ${source("../asm/alu.ts")};
import { exit } from ${source("../asm/call.ts")};
import { jgt } from ${source("../asm/jump.ts")};
import { ldx } from ${source("../asm/memory.ts")};
import { program } from ${source("../spec/program.ts")};
import { loadProgram } from ${source("../program/load.ts")};
import { openNativeKernel } from ${source("../sys/native-kernel.ts")};
const kernel = openNativeKernel();
const attempt = (...instructions) => {
  try {
    loadProgram(kernel, program("xdp", instructions)).close();
    return "it loads";
  } catch (error) {
    return error.explanation?.id ?? error.message;
  }
};
console.log(JSON.stringify({
  returned: attempt(mov("r0", "r10"), exit()),
  compared: attempt(jgt("r1", "r10", 0), mov("r0", 0), exit()),
  unwritten: attempt(ldx("u64", "r0", "r10", -8), exit()),
  tooLow: attempt(ldx("u64", "r0", "r10", -520), exit()),
  guessed: attempt(ldx("u32", "r2", "r1", 16), add("r1", "r2"), mov("r0", 0), exit()),
  allowed: attempt(mov("r0", 0), exit()),
}));
`;

function findings(): Findings {
  const node = [process.execPath, "--conditions=@ts-ebpf/source", "--input-type=module"];
  const command = [...rights, ...node, "-e", script];
  const { status, stdout, stderr } = spawnSync("setpriv", command, { encoding: "utf8" });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout) as Findings;
}

describe("rejections without CAP_PERFMON", needs("root", "bpf"), () => {
  it("are explained", () =>
    assert.deepEqual(findings(), {
      returned: "pointer-leak",
      compared: "pointer-leak",
      unwritten: "stack-uninitialised",
      tooLow: "stack-bounds",
      guessed: "pointer-arithmetic-unprivileged",
      allowed: "it loads",
    }));
});
