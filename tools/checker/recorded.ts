/**
 * Programs as they went to the kernel, with what it said: a corpus for the checker, as lines of JSON.
 *
 * A record holds the attributes of the load, the maps' own, and the verdict; BTF is kept beside it, once for each content.
 * It knows nothing of who recorded it.
 * @module
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A map as it was created. */
export interface RecordedMap {
  readonly type: string;
  readonly name: string;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly flags: readonly string[];
  /** Name of its BTF's file. */
  readonly btf?: string | undefined;
  readonly valueTypeId?: number | undefined;
  readonly keyTypeId?: number | undefined;
  readonly inner?: RecordedMap | undefined;
  /** Content of its first value when it was frozen, base64. */
  readonly frozen?: string | undefined;
}

/** A program that was offered to the kernel. */
export interface RecordedProgram {
  /** Test or object it came from. */
  readonly from: string;
  readonly type: string;
  readonly name: string;
  readonly license: string;
  readonly flags: readonly string[];
  readonly expectedAttachType?: string | undefined;
  readonly attachBtfId?: number | undefined;
  /** Whether it is for functions of another program. */
  readonly onProgram?: boolean | undefined;
  readonly structOpsMember?: number | undefined;
  /** Encoded, base64. */
  readonly instructions: string;
  readonly maps: readonly RecordedMap[];
  readonly btf?: string | undefined;
  /** Records and their size, base64. */
  readonly functions?: RecordedTable | undefined;
  readonly lines?: RecordedTable | undefined;
  /** `accepted`, or the name of the error number. */
  readonly verdict: string;
  /** End of the kernel's log; empty when none was asked for. */
  readonly log: string;
}

/** A table of BTF.ext. */
export interface RecordedTable {
  readonly recordSize: number;
  readonly bytes: string;
}

/** Keeps `bytes` in the folder, under a name made of its content, which it returns. */
export function keep(folder: string, bytes: Uint8Array): string {
  const name = `${createHash("sha256").update(bytes).digest("hex").slice(0, 24)}.btf`;
  const path = join(folder, name);
  if (!existsSync(path)) writeFileSync(path, bytes);
  return name;
}

/**
 * Records of files, each program once: of several that are equal the one with the longest log, as that one says why.
 * @throws {Error} when a file cannot be read.
 */
export function readRecords(files: readonly string[]): readonly RecordedProgram[] {
  const found = new Map<string, RecordedProgram>();
  for (const file of files) {
    for (const line of readFileSync(file, "utf8").split("\n")) {
      if (line === "") continue;
      const record = JSON.parse(line) as RecordedProgram;
      const { from: _from, log: _log, name: _name, lines: _lines, ...same } = record;
      const key = JSON.stringify(same);
      const known = found.get(key);
      if (known === undefined || known.log.length < record.log.length) found.set(key, record);
    }
  }
  return [...found.values()];
}
