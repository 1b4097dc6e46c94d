import assert from "node:assert/strict";
import { closeSync, openSync } from "node:fs";
import { describe, it } from "node:test";
import { BpfError, InvalidArgumentError } from "../base/errors.ts";
import { loadCollection } from "../collection/load.ts";
import { isPermissionDenied } from "../kernel/errors.ts";
import { lsm } from "../spec/lsm.ts";
import type { ProgramSpec } from "../spec/program-spec.ts";
import { fentry, fexit, fmodRet, fsession } from "../spec/trampoline.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";
import { whyMissing } from "../testing/capabilities.ts";
import { allOf, needsLinux } from "../testing/needs-linux.ts";
import { needs } from "../testing/needs.ts";
import { counting, hits } from "./testing-hits.ts";

const kernel = openNativeKernel();

/** Programs that let everything happen, at what opening a file passes. */
const places: Readonly<Record<string, ProgramSpec>> = {
  "the start of a function": fentry("security_file_open", counting()),
  "the return of a function": fexit("security_file_open", counting()),
  "the result of a function": fmodRet("security_file_open", counting()),
  "a hook of security modules": lsm("file_open", counting()),
};

describe("programs on functions of the kernel", needs("root", "bpf", "btf"), () => {
  const available = whyMissing("fentry") === undefined;

  for (const [place, seen] of Object.entries(places)) {
    it(`${available ? "run" : "are refused"} at ${place}`, () => {
      if (!available) {
        assert.throws(() => loadCollection(kernel, { hits, seen }), isPermissionDenied);
        return;
      }
      using tracer = loadCollection(kernel, { hits, seen });
      tracer.attach();
      closeSync(openSync("/dev/null", "r"));
      assert.ok((tracer.hits as { readonly value: bigint }).value > 0n);
    });
  }

  const sessions = needsLinux(7, 0);
  it("run at the start and at the return of a function", allOf(needs("fentry"), sessions), () => {
    const load = (seen: ProgramSpec) => {
      const tracer = loadCollection(kernel, { hits, seen });
      tracer.attach();
      return tracer;
    };
    using once = load(fexit("security_file_open", counting()));
    using twice = load(fsession("security_file_open", counting(0)));
    for (let opened = 0; opened < 50; opened++) closeSync(openSync("/dev/null", "r"));
    // Others may open files meanwhile, which both see.
    assert.ok(once.hits.value >= 50n);
    assert.ok(2n * twice.hits.value > 3n * once.hits.value, `${twice.hits.value}`);
  });
  it(
    "say since when there are sessions",
    { skip: sessions.skip === false && "this kernel has them" },
    () =>
      assert.throws(() => loadCollection(kernel, { hits, seen: fsession("do_exit", counting()) }), {
        name: "NotSupportedError",
        message: /trace_fsession/,
      }),
  );

  const refuses = (seen: ProgramSpec, hint: RegExp): void =>
    assert.throws(
      () => loadCollection(kernel, { hits, seen }),
      (error) => error instanceof InvalidArgumentError && hint.test((error as BpfError).hint ?? ""),
    );
  it("name the function that may have been meant", () =>
    refuses(fentry("security_file_opne", counting()), /security_file_open/));
  it("name the hook that may have been meant", () =>
    refuses(lsm("file_opne", counting()), /file_open/));
});
