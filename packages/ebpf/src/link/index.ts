/**
 * Attachments.
 * @module
 */
export { attach, type AttachableMaps } from "./attach.ts";
export { attachCgroup, type CgroupAttachOptions, type CgroupQuery, queryCgroup } from "./cgroup.ts";
export { attachIterator, type IteratorBounds, IteratorLink } from "./iterator.ts";
export { Link, type LinkUpdateOptions } from "./link.ts";
export type { KindWithoutLink, LinkKind } from "./link-kind.ts";
export { attachLwt } from "./lwt.ts";
export { attachNetfilter } from "./netfilter.ts";
export { attachNetns } from "./netns.ts";
export { type LinkOfKind, openPinnedLink, type OpenLinkOptions } from "./open-pinned.ts";
export { attachPerfEvent, type SampleOptions } from "./perf-event.ts";
export { attachSyscall } from "./ksyscall.ts";
export { attachKprobe, attachUprobe } from "./probe.ts";
export { attachKprobeMulti, attachUprobeMulti } from "./probe-multi.ts";
export { attachRawTracepoint, attachTpBtf } from "./raw-tracepoint.ts";
export { attachSockmap } from "./sockmap.ts";
export {
  createStructOps,
  type CreateStructOpsOptions,
  StructOps,
  type StructOpsPrograms,
} from "./struct-ops.ts";
export { attachReuseport, attachSocketFilter } from "./socket.ts";
export { attachTc, type TcBlock, type TcLink, type TcPlace } from "./tc.ts";
export { attachNetkit, attachTcx, type NetkitPlace, type TcxPlace } from "./tcx.ts";
export { attachTracepoint } from "./tracepoint.ts";
export { attachTrampoline } from "./trampoline.ts";
export { attachUsdt } from "./usdt.ts";
export { attachXdp, type XdpPlace } from "./xdp.ts";
