/**
 * Attachments.
 * @module
 */
export { attach, type AttachableMaps } from "./attach.ts";
export { attachCgroup } from "./cgroup.ts";
export { attachTcx, attachXdp, type TcxPlace } from "./interface.ts";
export { attachIterator, IteratorLink } from "./iterator.ts";
export { Link, type LinkKind } from "./link.ts";
export { attachNetns } from "./netns.ts";
export { attachPerfEvent, type SampleOptions } from "./perf-event.ts";
export { attachKprobe, attachUprobe } from "./probe.ts";
export { attachRawTracepoint, attachTpBtf } from "./raw-tracepoint.ts";
export { attachSockmap } from "./sockmap.ts";
export { attachTracepoint } from "./tracepoint.ts";
export { attachTrampoline } from "./trampoline.ts";
