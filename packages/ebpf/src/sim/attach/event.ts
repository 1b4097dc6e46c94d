/**
 * Perf events that programs hang on: tracepoints, probes, samples. None of them happens by itself.
 * @module
 */
import type { ProbeRequest, SampleRequest } from "../../kernel/perf-event.ts";
import type { PerfEventDetails } from "../../kernel/link-info.ts";
import { SimulatedObject } from "../object.ts";
import { place } from "./place.ts";

/** What an event is of. */
export type EventSource =
  | { readonly kind: "tracepoint"; readonly category: string; readonly name: string }
  | ProbeRequest
  | SampleRequest;

/** An event. */
export class SimulatedEvent extends SimulatedObject {
  readonly kind = "perf-event";
  readonly source: EventSource;

  constructor(source: EventSource) {
    super(`event of a ${source.kind}`);
    this.source = source;
  }

  /** Where programs on it are attached. */
  get place(): string {
    const { source } = this;
    if (source.kind === "tracepoint") return place.tracepoint(source.category, source.name);
    if (source.kind === "sample") return place.sample(source.event, source.cpu);
    if ("path" in source) return place.userCode(source.kind, source.path, source.offset);
    return place.kernelFunction(source.kind, String(source.place), source.offset);
  }

  /** The only process whose hits count. */
  get pid(): number | undefined {
    return "pid" in this.source ? this.source.pid : undefined;
  }

  /** What a link to it tells. */
  details(cookie: bigint): PerfEventDetails {
    const { source } = this;
    if (source.kind === "tracepoint") return { event: "tracepoint", tpName: source.name, cookie };
    if (source.kind === "sample") return { event: "event", type: 1, config: 0n, cookie };
    if ("path" in source) {
      const { kind: event, path: fileName, offset, counterOffset = 0 } = source;
      return { event, fileName, offset, cookie, refCtrOffset: BigInt(counterOffset) };
    }
    const { kind: event, place: funcName, offset } = source;
    const addr = typeof funcName === "bigint" ? funcName : 0n;
    return { event, funcName: String(funcName), offset, addr, missed: 0n, cookie };
  }
}
