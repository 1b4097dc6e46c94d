import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";

const folder = join(import.meta.dirname, "../prebuilds");

interface Section {
  readonly type: number;
  readonly offset: number;
  readonly size: number;
}

interface Symbol {
  readonly name: string;
  readonly defined: boolean;
  readonly weak: boolean;
}

/** As much of an ELF file (System V ABI, chapter 4) as tells what it needs. */
class ElfFile {
  readonly #bytes: Buffer;

  constructor(file: string) {
    this.#bytes = readFileSync(join(folder, file));
  }

  get size(): number {
    return this.#bytes.length;
  }

  get machine(): number {
    return this.#bytes.readUInt16LE(18);
  }

  /** Tags of the dynamic section. */
  get tags(): number[] {
    const { offset, size } = this.#section(6);
    return Array.from({ length: size / 16 }, (_, index) => this.#number(offset + 16 * index));
  }

  get symbols(): Symbol[] {
    const { offset, size } = this.#section(11);
    const names = this.#section(3).offset;
    return Array.from({ length: size / 24 - 1 }, (_, index) => {
      const at = offset + 24 * (index + 1);
      const start = names + this.#bytes.readUInt32LE(at);
      const name = this.#bytes.toString("latin1", start, this.#bytes.indexOf(0, start));
      return {
        name,
        defined: this.#bytes.readUInt16LE(at + 6) !== 0,
        weak: this.#bytes[at + 4]! >> 4 === 2,
      };
    });
  }

  /** The first section of a type: 3 strings, 6 dynamic, 11 dynamic symbols. */
  #section(type: number): Section {
    const table = this.#number(40);
    const count = this.#bytes.readUInt16LE(60);
    const sections = Array.from({ length: count }, (_, index) => {
      const at = table + 64 * index;
      const [offset, size] = [this.#number(at + 24), this.#number(at + 32)];
      return { type: this.#bytes.readUInt32LE(at + 4), offset, size };
    });
    const found = sections.find((section) => section.type === type);
    assert.ok(found !== undefined, `no section of type ${type}`);
    return found;
  }

  #number(at: number): number {
    return Number(this.#bytes.readBigUInt64LE(at));
  }
}

function check(file: string, machine: number): void {
  const elf = new ElfFile(file);
  assert.equal(elf.machine, machine);
  const [needed, textRelocations] = [1, 22];
  assert.ok(!elf.tags.includes(needed), "needs no library");
  assert.ok(!elf.tags.includes(textRelocations), "can be shared between processes");
  const foreign = elf.symbols.filter(({ defined }) => !defined);
  assert.deepEqual(
    foreign.filter(
      ({ name, weak }) => !name.startsWith("napi_") && !(weak && name.startsWith("uv_")),
    ),
    [],
  );
  const own = elf.symbols.filter(({ defined }) => defined).map(({ name }) => name);
  assert.deepEqual(own.toSorted(), [
    "napi_register_module_v1",
    "node_api_module_get_api_version_v1",
  ]);
  assert.ok(elf.size < 32_000, `${elf.size} bytes`);
}

describe("prebuilds", () => {
  it("need Node-API, may use libuv, and nothing else", () => {
    check("linux-x64.node", 62);
    check("linux-arm64.node", 183);
  });

  it("are what build.json says", () => {
    const record = JSON.parse(readFileSync(join(folder, "build.json"), "utf8")) as {
      readonly files: Readonly<Record<string, { readonly size: number; readonly sha256: string }>>;
    };
    assert.deepEqual(Object.keys(record.files), ["linux-x64.node", "linux-arm64.node"]);
    for (const [file, { size, sha256 }] of Object.entries(record.files)) {
      const bytes = readFileSync(join(folder, file));
      assert.equal(bytes.length, size);
      assert.equal(createHash("sha256").update(bytes).digest("hex"), sha256);
    }
  });
});
