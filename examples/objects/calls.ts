/**
 * Watches the system calls of this process with an object that clang made of calls.bpf.c. What is in it TypeScript knows from
 * calls.bpf.d.ts.
 *
 * ```sh
 * ts-ebpf build calls.bpf.c
 * ts-ebpf types calls.bpf.o --event calls=call
 * node calls.ts calls.bpf.o
 * ```
 * @module
 */
import { loadObject } from "ts-ebpf";
import type { Calls } from "./calls.bpf.d.ts";

const [path = "calls.bpf.o"] = process.argv.slice(2);

// #region load
using loaded = loadObject<Calls>(path, {
  variables: { target: process.pid },
  events: { calls: "call" },
});
loaded.attach();
// #endregion

// #region use
for await (const { command, number } of loaded.calls.read({ limit: 3 })) {
  console.log(`${command} made system call ${number}`);
}
loaded.detach();
const usage = loaded.usages.get(process.pid);
console.log(usage?.calls === loaded.total.value ? "all are counted" : "some are not counted");
loaded.total.value = 0n;
// #endregion
