import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { ExitCode } from "../exit-code.ts";
import { ProgramFolder } from "../testing/program-folder.ts";

const launcher = join(import.meta.dirname, "../../bin/ts-ebpf.js");

function run(words: readonly string[]) {
  const command = ["--conditions=@ts-ebpf/source", launcher, ...words];
  return spawnSync(process.execPath, command, { encoding: "utf8" });
}

const filter = `
import { bpf, xdp } from "ts-ebpf";
export const byCpu = xdp(() => {
  "use bpf";
  return bpf.getSmpProcessorId() === 1 ? 2 : 1;
});
`;

/** Writes a capture of pcap with one frame of zeros; returns its path. */
function capture(folder: ProgramFolder): string {
  const words = Uint32Array.of(0xa1b2c3d4, 0x00040002, 0, 0, 65535, 1, 7, 0, 60, 60);
  const path = join(folder.path, "in.pcap");
  writeFileSync(path, Buffer.concat([Buffer.from(words.buffer), Buffer.alloc(60)]));
  return path;
}

/** Command lines that take `--world`, for a folder with the files they want. */
const commands: Readonly<Record<string, (folder: ProgramFolder) => readonly string[]>> = {
  run: (folder) => ["run", folder.write("filter.ts", filter), "--sim"],
  repl: () => ["repl", "--sim", "--eval", "session.kernel.world.cpu"],
  "sim pcap": (folder) => ["sim", "pcap", capture(folder), folder.write("filter.ts", filter)],
};

describe("--world", { timeout: 300_000 }, () => {
  it("declares what the kernel of the REPL has", () => {
    using folder = new ProgramFolder();
    const world = folder.write("world.json", '{ "cpu": 1, "functions": ["my_function"] }');
    const text =
      '[session.kernel.world.cpu, session.kernel.fire.kernelFunction("my_function").runs]';
    const { status, stdout, stderr } = run(["repl", "--sim", "--world", world, "--eval", text]);
    assert.deepEqual([status, stdout, stderr], [ExitCode.ok, "[ 1, [] ]\n", ""]);
  });

  it("takes folders of the machine for no files", () => {
    const text = 'try { session.kernel.readFile("/tmp") } catch (error) { error.errnoName }';
    const { status, stdout, stderr } = run(["repl", "--sim", "--eval", text]);
    assert.deepEqual([status, stdout, stderr], [ExitCode.ok, "'ENOENT'\n", ""]);
  });

  it("declares what packets of a capture are run in", () => {
    using folder = new ProgramFolder();
    const words = commands["sim pcap"]!(folder);
    const verdicts = (more: readonly string[]): unknown => {
      const { stdout, stderr } = run([...words, "--json", ...more]);
      assert.equal(stderr, "");
      return (JSON.parse(stdout) as { readonly verdicts: unknown }).verdicts;
    };
    assert.deepEqual(verdicts([]), { drop: 1 });
    const world = folder.write("world.json", '{ "cpu": 1 }');
    assert.deepEqual(verdicts(["--world", world]), { pass: 1 });
  });

  for (const [name, wordsFor] of Object.entries(commands)) {
    it(`is told by ${name} what is wrong in it, and where`, () => {
      using folder = new ProgramFolder();
      const words = wordsFor(folder);
      const check = (text: string, expected: RegExp): void => {
        const { status, stderr } = run([...words, "--world", folder.write("world.json", text)]);
        assert.equal(status, ExitCode.failed, stderr);
        assert.match(stderr, expected);
      };
      check("{", /world\.json is no JSON[^]*hint: it is JSON such as/);
      check('{ "cpus": 2, "cpu": 2 }', /world\.json: "cpu" is 2, and there are 2 CPUs/);
      const { stderr } = run([...words, "--world", join(folder.path, "gone.json")]);
      assert.match(stderr, /there is no file .*gone\.json/);
    });
  }

  it("is for a simulated kernel alone", () => {
    const { status, stderr } = run(["repl", "--world", "world.json", "--eval", "1"]);
    assert.equal(status, ExitCode.usage, stderr);
    assert.match(stderr, /--world is for a simulated kernel[^]*add --sim/);
  });
});
