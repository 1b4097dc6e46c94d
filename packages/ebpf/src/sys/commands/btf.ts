/**
 * Loading BTF.
 * @module
 */
import type { Operation } from "../call/failure.ts";
import { rawOf } from "../fd.ts";
import { btfLoad } from "../generated/attributes.ts";
import { mapFlagBits } from "../generated/constants.ts";
import { KernelRecord } from "../call/record.ts";
import type { SomeHandlers } from "./handlers.ts";

const operation: Operation = {
  text: "load BTF",
  needs: ["CAP_BPF"],
  meanings: {
    EINVAL: { reason: "the kernel found it malformed; the log tells where" },
    ENOSPC: { reason: "the log does not fit into its buffer" },
    E2BIG: { reason: "it is larger than the kernel takes" },
  },
};

/** The handler of `btfLoad`. */
export const btfHandlers: SomeHandlers<"btfLoad"> = {
  btfLoad: (caller, { btf, log, btfToken }) => {
    const record = new KernelRecord(btfLoad)
      .point(btfLoad.btf, btf)
      .set(btfLoad.btfSize, btf.length)
      .point(btfLoad.btfLogBuf, log?.buffer)
      .set(btfLoad.btfLogSize, log?.buffer.length)
      .set(btfLoad.btfLogLevel, log?.level)
      .set(btfLoad.btfTokenFd, btfToken && rawOf(btfToken, "token"))
      .set(btfLoad.btfFlags, btfToken === undefined ? 0 : mapFlagBits.token_fd);
    try {
      return caller.open("btfLoad", record, {
        kind: "btf",
        label: "BTF",
        describe: () => operation,
      });
    } finally {
      const trueSize = record.get(btfLoad.btfLogTrueSize);
      if (log !== undefined && trueSize > 0) log.trueSize = trueSize;
    }
  },
};
