import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fakeFiles } from "../testing-files.ts";
import { kernelFunctions } from "./kallsyms.ts";

const files = fakeFiles({
  "/proc/kallsyms": [
    "ffffffff81000000 T do_exit",
    "ffffffff81000010 t do_fork",
    "ffffffff82000000 D jiffies",
    "ffffffffc0000000 t probe_me\t[module]",
    "",
  ].join("\n"),
});

describe("kernelFunctions", () => {
  it("are those of the kernel and its modules", () =>
    assert.deepEqual([...kernelFunctions(files)], ["do_exit", "do_fork", "probe_me"]));
  it("are none where the list is closed", () =>
    assert.equal(kernelFunctions(fakeFiles({})).size, 0));
});
