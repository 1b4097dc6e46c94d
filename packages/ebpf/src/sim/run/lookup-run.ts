/**
 * Test runs of programs that choose a socket (`bpf_prog_test_run_sk_lookup` of net/bpf/test_run.c).
 * @module
 */
import { viewOf } from "../../base/bytes.ts";
import { errno } from "../../kernel/errno.ts";
import { failed } from "../errno.ts";
import type { TestRun } from "./test-run.ts";

/** Bytes of `struct bpf_sk_lookup`, and where some of its members are; what is behind the last one has to be zero. */
const contextBytes = 72;
const offsets = { family: 8, localPort: 60, rest: 64 } as const;
const largestPort = 0xffff;
/** AF_INET and AF_INET6 of include/linux/socket.h. */
const families: readonly number[] = [2, 10];

/** Runs the program on the context that is given; what comes out has the cookie of the chosen socket in front. */
export const lookupRun: TestRun = (runner, program, input) => {
  const { ctxIn, ctxOut, dataIn, dataOut, cpu = 0, flags = [], repeat = 1 } = input;
  if (flags.length > 0 || cpu !== 0 || dataIn !== undefined || dataOut !== undefined)
    return failed.invalid;
  const refusal = ctxIn === undefined ? failed.invalid : refusalOf(ctxIn);
  if (refusal < 0) return refusal;
  const context = new Uint8Array(contextBytes);
  context.set(ctxIn!.subarray(0, contextBytes));
  const { machine, current, statistics, world } = runner;
  const region = machine.memory.allocate("context", context);
  let result = 0n;
  try {
    for (let turn = 0; turn < Math.max(1, repeat); turn++) {
      delete current.chosen;
      const start = world.now;
      result = machine.run(program.program, region);
      statistics.count(program, start);
    }
  } finally {
    machine.memory.free(region);
  }
  viewOf(context).setBigUint64(0, BigInt(runner.socketAt(current.chosen ?? 0n)?.id ?? 0), true);
  ctxOut?.set(context.subarray(0, ctxOut.length));
  const ctxSizeOut = Math.min(contextBytes, ctxOut?.length ?? 0);
  return { retval: Number(result & 0xffff_ffffn), durationNs: 0, dataSizeOut: 0, ctxSizeOut };
};

/** Why the kernel takes no such context: 0, or a negated errno. */
function refusalOf(given: Uint8Array): number {
  const bytes = new Uint8Array(contextBytes);
  bytes.set(given.subarray(0, contextBytes));
  const view = viewOf(bytes);
  const isZero = (from: number, to: number): boolean =>
    bytes.subarray(from, to).every((it) => it === 0);
  if (!isZero(0, 8) || !isZero(offsets.rest, contextBytes)) return failed.invalid;
  if (view.getUint32(offsets.localPort, true) > largestPort) return failed.range;
  const family = view.getUint32(offsets.family, true) & largestPort;
  return families.includes(family) ? 0 : -errno.EAFNOSUPPORT;
}
