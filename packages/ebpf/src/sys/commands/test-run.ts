/**
 * Running a loaded program once or often on given input.
 * @module
 */
import { testRunMeanings } from "../../kernel/map-meanings.ts";
import { fdOf, rawOf } from "../fd.ts";
import { bitsOf } from "../call/flags.ts";
import { test } from "../generated/attributes.ts";
import { testRunFlagBits } from "../generated/constants.ts";
import { KernelRecord } from "../call/record.ts";
import { isErrno } from "../call/caller.ts";
import type { SomeHandlers } from "./handlers.ts";

/** The handler of `progTestRun`. */
export const testRunHandlers: SomeHandlers<"progTestRun"> = {
  progTestRun: (caller, attributes) => {
    const { prog, dataIn, dataOut, ctxIn, ctxOut, cpu } = attributes;
    let flags = bitsOf(testRunFlagBits, attributes.flags);
    if (cpu !== undefined) flags |= testRunFlagBits.run_on_cpu;
    const record = new KernelRecord(test)
      .set(test.progFd, rawOf(prog, "program"))
      .point(test.dataIn, dataIn)
      .set(test.dataSizeIn, dataIn?.length)
      .point(test.dataOut, dataOut)
      .set(test.dataSizeOut, dataOut?.length)
      .point(test.ctxIn, ctxIn)
      .set(test.ctxSizeIn, ctxIn?.length)
      .point(test.ctxOut, ctxOut)
      .set(test.ctxSizeOut, ctxOut?.length)
      .set(test.repeat, attributes.repeat)
      .set(test.flags, flags)
      .set(test.cpu, cpu)
      .set(test.batchSize, attributes.batchSize);
    const result = caller.try("progTestRun", record);
    // ENOSPC says only that `dataOut` was too small; everything else has been filled in.
    if (result < 0 && !isErrno(result, "ENOSPC")) {
      const text = `run ${fdOf(prog).label}`;
      throw caller.failure("progTestRun", -result, { text, meanings: testRunMeanings });
    }
    return {
      retval: record.get(test.retval),
      durationNs: record.get(test.duration),
      dataSizeOut: record.get(test.dataSizeOut),
      ctxSizeOut: record.get(test.ctxSizeOut),
    };
  },
};
