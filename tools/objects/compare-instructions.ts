/**
 * Compares the instructions that libbpf and this library hand to a kernel, value by value:
 * `node --conditions=@ts-ebpf/source tools/objects/compare-instructions.ts [FOLDER|FILE]… [--types FOLDER] [--json]`.
 *
 * Neither loads anything, so that programs which this machine forbids are compared too. Objects for machines with the other
 * byte order are left out. With `--types` each object `test_NAME.o` is relocated to the types of each `btf__NAME….o` there
 * instead of the kernel's.
 * @module
 */
import { spawn, spawnSync, type ChildProcessByStdio } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createInterface } from "node:readline";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { parseArgs } from "node:util";
import { BpfError } from "ts-ebpf";
import { parseBtf, type Btf } from "ts-ebpf/btf";
import { findSection, readElf } from "ts-ebpf/elf";
import { openNativeKernel } from "ts-ebpf/sys";
import {
  ourPrograms,
  parseHanded,
  type HandedProgram,
  type HandedPrograms,
} from "./instructions.ts";
import { corpusFolder } from "./sources.ts";

/** What came out for one program that libbpf hands over. */
interface Outcome {
  readonly object: string;
  readonly program: string;
  /** `undefined` when both hand over the same. */
  readonly difference: string | undefined;
}

async function main(words: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...words],
    options: { json: { type: "boolean", default: false }, types: { type: "string" } },
    allowPositionals: true,
  });
  const places = positionals.length === 0 ? [join(corpusFolder, "objects")] : positionals;
  using peer = new Peer();
  const outcomes: Outcome[] = [];
  for (const object of objectsIn(places)) {
    for (const types of typesFor(object, values.types)) {
      outcomes.push(...(await compare(peer, object, types)));
    }
  }
  console.log(values.json ? JSON.stringify(outcomes, undefined, 1) : report(outcomes));
}

function objectsIn(places: readonly string[]): readonly string[] {
  return places.flatMap((place) => {
    if (statSync(place).isFile()) return [place];
    const found = globSync("**/*.{o,elf}", { cwd: place }).toSorted();
    const native = found.filter((name) => !/-eb\.(o|elf)$/.test(name));
    return native.map((name) => join(place, name));
  });
}

/** Files with the types that an object is for; `undefined` for those of the kernel. */
function typesFor(object: string, folder: string | undefined): readonly (string | undefined)[] {
  if (folder === undefined) return [undefined];
  const name = /^test_(?<name>.*)\.o$/.exec(basename(object))?.groups?.["name"];
  if (name === undefined) return [];
  const found = globSync(`btf__${name}*.o`, { cwd: folder }).toSorted();
  return found.filter((file) => !file.endsWith("-eb.o")).map((file) => join(folder, file));
}

const kernel = openNativeKernel();

async function compare(
  peer: Peer,
  object: string,
  types: string | undefined,
): Promise<readonly Outcome[]> {
  const theirs = await peer.programs(types === undefined ? object : `${object}\t${types}`);
  const ours = ourProgramsOrWhy(object, types);
  const what = types === undefined ? object : `${object} for ${types}`;
  // Of objects that are for some types it is compared too which of them are refused.
  const refused = types !== undefined && theirs.size === 0 ? [...ours.keys()] : [];
  return [...theirs.keys(), ...refused].map((program) => {
    const difference = differenceOf(theirs.get(program) ?? "it is refused", ours.get(program));
    return { object: what, program, difference };
  });
}

function ourProgramsOrWhy(object: string, types: string | undefined): HandedPrograms {
  try {
    return ourPrograms(kernel, object, types === undefined ? undefined : typesIn(types));
  } catch (error) {
    const why = error instanceof BpfError ? error.message : `CRASH ${(error as Error).stack}`;
    return new Map([["every program", why]]);
  }
}

function typesIn(path: string): Btf {
  const section = findSection(readElf(readFileSync(path), path), ".BTF");
  if (section === undefined) throw new Error(`there are no types in ${path}`);
  return parseBtf(section.bytes, { path });
}

function differenceOf(
  their: HandedProgram | string,
  our: HandedProgram | string | undefined,
): string | undefined {
  if (our === undefined) return "it is no program here";
  if (typeof their === "string") return typeof our === "string" ? undefined : "it is not refused";
  if (typeof our === "string") return `refused: ${our}`;
  if (our.attachBtfId !== their.attachBtfId) {
    return `attaches to type ${our.attachBtfId} instead of ${their.attachBtfId}`;
  }
  const count = Math.max(our.slots.length, their.slots.length);
  for (let slot = 0; slot < count; slot++) {
    const [left, right] = [our.slots[slot], their.slots[slot]];
    if (left !== right) return `slot ${slot} of ${count} is ${left} instead of ${right}`;
  }
  return undefined;
}

function report(outcomes: readonly Outcome[]): string {
  const different = outcomes.filter(({ difference }) => difference !== undefined);
  const objects = new Set(outcomes.map(({ object }) => object)).size;
  const rows = different.map(({ object, program, difference }) => {
    return `${object} ${program}: ${difference}`;
  });
  const same = outcomes.length - different.length;
  return [`${outcomes.length} programs of ${objects} objects, ${same} the same`, ...rows].join(
    "\n",
  );
}

/** libbpf, in a process that prints what it hands over. */
class Peer implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), "instructions-"));
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;

  constructor() {
    const program = join(this.#folder, "peer");
    const source = join(import.meta.dirname, "peer/instructions.c");
    const { status, stderr } = spawnSync("clang", ["-O1", source, "-o", program, "-lbpf"], {
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`cannot compile ${source}: ${stderr}`);
    this.#child = spawn(program, { stdio: ["pipe", "pipe", "inherit"] });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async programs(object: string): Promise<HandedPrograms> {
    this.#child.stdin.write(`${object}\n`);
    const handed = new Map<string, HandedProgram>();
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done === true || value === "") return handed;
      const [name, program] = parseHanded(value);
      handed.set(name, program);
    }
  }

  [Symbol.dispose](): void {
    this.#child.stdin.end();
    rmSync(this.#folder, { recursive: true });
  }
}

await main(process.argv.slice(2));
