/**
 * Loads what clang made of packets.bpf.c, hands it packets without any network, and reads what it counted.
 *
 * ```sh
 * clang -O2 -g --target=bpf -c packets.bpf.c -o packets.bpf.o
 * node load-object.ts packets.bpf.o
 * ```
 * @module
 */
import { openObject } from "ts-ebpf";

const [path = "packets.bpf.o"] = process.argv.slice(2);

// #region inspect
const object = openObject(path);
for (const [name, part] of Object.entries(object.spec)) {
  const optional = "autoload" in part && !part.autoload ? ", only on demand" : "";
  console.log(`${name}: ${part.kind} of type ${part.type}${optional}`);
}
// #endregion

// #region load
object.change({ maxEntries: { lengths: 16 }, variables: { leastBytes: 60 } });
using loaded = object.load();
const count = loaded.programs.get("count");
for (const size of [40, 64, 64, 100]) count?.run({ data: new Uint8Array(size) });
// #endregion

const seen = loaded.maps.get("seen");
if (seen !== undefined && "value" in seen) console.log("seen:", String(seen.value));
