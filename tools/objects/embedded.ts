/**
 * Object files of BPF within other files: programs carry theirs along, as bpftool's skeletons put them there.
 *
 * They are found by the start of their header, and end behind their table of sections, which compilers write last.
 * @module
 */

/** The object files in `bytes`, in their order. */
export function embeddedObjects(bytes: Buffer): readonly Uint8Array[] {
  const found: Uint8Array[] = [];
  let from = 0;
  for (;;) {
    const at = bytes.indexOf(magic, from);
    if (at === -1) return found;
    const size = sizeAt(bytes.subarray(at));
    if (size !== undefined) found.push(bytes.subarray(at, at + size));
    from = at + (size ?? magic.length);
  }
}

/** ELF, 64 bits, little byte first, version 1. */
const magic = Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
const [relocatable, bpf] = [1, 247];

/**
 * How long the file is that starts here; `undefined` when it is no object file of BPF.
 *
 * ```
 *   0          16     18        20        40                48     58       60      62
 *   +----------+------+---------+- - - - -+-----------------+- - - +--------+-------+
 *   | magic    | type | machine |         | table's offset  |      | entry  | count |
 *   +----------+------+---------+- - - - -+-----------------+- - - +--------+-------+
 * ```
 */
function sizeAt(bytes: Buffer): number | undefined {
  if (bytes.length < 64) return undefined;
  if (bytes.readUInt16LE(16) !== relocatable || bytes.readUInt16LE(18) !== bpf) return undefined;
  const size = Number(bytes.readBigUInt64LE(40)) + bytes.readUInt16LE(58) * bytes.readUInt16LE(60);
  return size <= bytes.length ? size : undefined;
}
