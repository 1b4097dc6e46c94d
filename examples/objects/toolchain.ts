/**
 * From C to loaded programs without leaving TypeScript: clang compiles the files beside this one, what it makes is linked,
 * relocated for this kernel, and loaded; and what the verifier says against a program is shown in terms of its source.
 * @module
 */
import { loadObject, openObject, VerifierError } from "ts-ebpf";
import { compileC } from "ts-ebpf/compiler";
import { linkObjects } from "ts-ebpf/object";

const beside = (name: string): string => new URL(name, import.meta.url).pathname;

// #region build
const { object: packets, warnings } = await compileC(beside("packets.bpf.c"));
for (const { file, line, message } of warnings) console.warn(`${file}:${line}: ${message}`);
const { object: calls } = await compileC(beside("calls.bpf.c"));
// #endregion

// #region link
const linked = linkObjects([
  { path: "packets.bpf.o", bytes: packets },
  { path: "calls.bpf.o", bytes: calls },
]);
using both = loadObject(linked);
console.log("loaded:", [...both.programs.keys()].join(", "));
// #endregion

// #region targets
const object = openObject(packets).change({
  autoload: { drop: true, count: false },
  targets: { drop: { kind: "xdp", interface: "lo", mode: "skb" } },
});
using dropper = object.load();
console.log(
  "drop says:",
  dropper.programs.get("drop")?.run({ data: new Uint8Array(64) }).returnValue,
);
// #endregion

// #region errors
const { object: rejected } = await compileC(beside("rejected.bpf.c"));
try {
  loadObject(rejected).close();
} catch (error) {
  if (!(error instanceof VerifierError)) throw error;
  console.log(error.format());
}
// #endregion
