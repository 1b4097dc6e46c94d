import assert from "node:assert/strict";
import { closeSync, openSync } from "node:fs";
import { describe, it } from "node:test";
import { BpfError, InvalidArgumentError } from "../base/errors.ts";
import { loadCollection } from "../collection/load.ts";
import { isPermissionDenied } from "../kernel/errors.ts";
import { lsm } from "../spec/lsm.ts";
import type { ProgramSpec } from "../spec/program-spec.ts";
import { fentry, fexit, fmodRet } from "../spec/trampoline.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";
import { whyMissing } from "../testing/capabilities.ts";
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
