/**
 * Links of one program to many probes: their attributes, and what it means when the kernel refuses one.
 * @module
 */
import { zeroTerminated } from "../../base/bytes.ts";
import { didYouMean } from "../../base/text.ts";
import type { KprobeMulti, LinkCreate, UprobeMulti } from "../../kernel/commands.ts";
import type { Meanings } from "../call/failure.ts";
import { bitsOf } from "../call/flags.ts";
import type { KernelRecord } from "../call/record.ts";
import { linkCreate } from "../generated/attributes.ts";
import { kprobeMultiFlagBits, uprobeMultiFlagBits } from "../generated/constants.ts";
import { kernelFunctions } from "../machine/kallsyms.ts";

/** Puts the functions of a `kprobe.multi` link into its attributes. */
export function setKprobeMulti(record: KernelRecord, probe: KprobeMulti | undefined): void {
  if (probe === undefined) return;
  const { symbols, addresses, cookies } = probe;
  const names = symbols?.map(zeroTerminated);
  const pointers = names && new Uint8Array(8 * names.length);
  names?.forEach((name, index) => record.pointFrom(pointers!, 8 * index, name));
  record
    .set(linkCreate.kprobeMultiFlags, bitsOf(kprobeMultiFlagBits, probe.flags))
    .set(linkCreate.kprobeMultiCnt, symbols?.length ?? addresses?.length)
    .point(linkCreate.kprobeMultiSyms, pointers)
    .point(linkCreate.kprobeMultiAddrs, bytesOf(addresses))
    .point(linkCreate.kprobeMultiCookies, bytesOf(cookies));
}

/** Puts the places of a `uprobe.multi` link into its attributes. */
export function setUprobeMulti(record: KernelRecord, probe: UprobeMulti | undefined): void {
  if (probe === undefined) return;
  record
    .point(linkCreate.uprobeMultiPath, zeroTerminated(probe.path))
    .point(linkCreate.uprobeMultiOffsets, bytesOf(probe.offsets))
    .point(linkCreate.uprobeMultiRefCtrOffsets, bytesOf(probe.refCounterOffsets))
    .point(linkCreate.uprobeMultiCookies, bytesOf(probe.cookies))
    .set(linkCreate.uprobeMultiCnt, probe.offsets.length)
    .set(linkCreate.uprobeMultiFlags, bitsOf(uprobeMultiFlagBits, probe.flags))
    .set(linkCreate.uprobeMultiPid, probe.pid);
}

function bytesOf(numbers: readonly bigint[] | undefined): Uint8Array | undefined {
  return numbers && new Uint8Array(BigUint64Array.from(numbers).buffer);
}

/** What refusals of such links mean. Names that may have been meant are looked for, which takes some time. */
export function multiMeanings({ kprobeMulti, uprobeMulti }: LinkCreate): Meanings {
  if (kprobeMulti !== undefined) return kprobeMeanings(kprobeMulti);
  return uprobeMulti === undefined ? {} : uprobeMeanings(uprobeMulti);
}

/** Answers of bpf_kprobe_multi_link_attach (kernel/trace/bpf_trace.c) and register_fprobe. */
function kprobeMeanings({ symbols = [] }: KprobeMulti): Meanings {
  let found: NotThere | undefined;
  // Looked for only when this is what the kernel says: there are very many functions.
  const notThere = (): NotThere => (found ??= findMissing(symbols));
  const unknown = {
    kind: "not-found",
    get reason() {
      return notThere().reason;
    },
    get hint() {
      return notThere().hint;
    },
  } as const;
  return {
    ESRCH: unknown,
    ENOENT: unknown,
    EOPNOTSUPP: { feature: "kprobe.multi (CONFIG_FPROBE)" },
  };
}

/** Which function there is not, and what to do. */
interface NotThere {
  readonly reason: string;
  readonly hint: string;
}

function findMissing(symbols: readonly string[]): NotThere {
  const known = kernelFunctions();
  const missing = symbols.find((name) => !known.has(name));
  const hint = "available_filter_functions in tracefs lists those that can be traced";
  if (missing === undefined) return { reason: "one of the functions cannot be traced", hint };
  const reason = `the kernel has no function "${missing}"`;
  return { reason, hint: didYouMean(missing, known) ?? hint };
}

/** Answers of bpf_uprobe_multi_link_attach (kernel/trace/bpf_trace.c). */
function uprobeMeanings({ path, pid }: UprobeMulti): Meanings {
  return {
    ENOENT: { reason: `there is no file ${path}` },
    EBADF: { reason: `${path} is no file that can be run` },
    ESRCH: { reason: `there is no process ${pid}` },
    EOPNOTSUPP: { feature: "uprobe.multi (CONFIG_UPROBES)" },
  };
}
