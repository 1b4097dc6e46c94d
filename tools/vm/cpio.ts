/**
 * Archives that Linux takes as its first file system: the "new ASCII" format of cpio.
 *
 * Source: Documentation/driver-api/early-userspace/buffer-format.rst of the kernel.
 * @module
 */

/** A file of an archive; a folder is one without content. */
export interface ArchiveEntry {
  /** Path without a slash before it. */
  readonly path: string;
  readonly content?: Uint8Array | string;
  readonly executable?: boolean;
}

const folderMode = 0o040755;
const fileMode = 0o100644;
const programMode = 0o100755;

/** An archive of `entries`, which name folders before what lies in them. Archives can be put one behind the other. */
export function cpioArchive(entries: readonly ArchiveEntry[]): Uint8Array {
  const parts = entries.flatMap((entry, index) => record(entry, index + 1));
  return Buffer.concat([...parts, ...record({ path: "TRAILER!!!", content: "" }, 0)]);
}

function record({ path, content, executable }: ArchiveEntry, inode: number): Uint8Array[] {
  const bytes = Buffer.from(content ?? "");
  const name = Buffer.from(`${path}\0`);
  const mode = content === undefined ? folderMode : executable === true ? programMode : fileMode;
  const numbers = [inode, mode, 0, 0, 1, 0, bytes.length, 0, 0, 0, 0, name.length, 0];
  const header = `070701${numbers.map((number) => number.toString(16).padStart(8, "0")).join("")}`;
  return [padded(Buffer.concat([Buffer.from(header), name])), padded(bytes)];
}

/** Headers and contents start at multiples of 4. */
function padded(bytes: Uint8Array): Uint8Array {
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
}
