/**
 * What a simulated helper is.
 * @module
 */
import type { Timers } from "../../sim/helper/timers.ts";
import type { PlacedMemory } from "../memory.ts";
import type { PlayedMap } from "../played-map.ts";
import type { SimulatedMaps } from "../simulated-maps.ts";

/** What helpers see and change of the world. */
export interface HelperWorld {
  pid: number;
  tid: number;
  uid: number;
  gid: number;
  comm: string;
  cpu: number;
  numaNode: number;
  now: bigint;
  cgroupId: bigint;
  task: object;
  /** What `setRetval` stored. */
  returnValue: number;
  readonly memory: PlacedMemory;
  readonly maps: SimulatedMaps;
  readonly random: () => number;
  readonly print: (line: string) => void;
  /** Whether the packet in use is a socket buffer's, or an XDP program's. */
  readonly packetKind: "xdp" | "skb";
  readonly signals: number[];
  readonly redirects: Redirect[];
  readonly timers: Timers<PlayedMap>;
  /** Collects what was written for a map of perf events. */
  readonly perfOutput: (map: object, bytes: Uint8Array<ArrayBuffer>) => void;
}

/** A packet that a program sent elsewhere. */
export interface Redirect {
  /** Interface, or the map and the key in it. */
  readonly to: number | { readonly map: string; readonly key: unknown };
  /** Whether the packet itself went, or a copy. */
  readonly copy: boolean;
}

/** What a timer calls: with the map, the key and the value it lies in. */
export type TimerFunction = (map: object, key: unknown, value: unknown) => unknown;

/** A helper: given the world and the arguments of the call. */
// oxlint-disable-next-line typescript/no-explicit-any -- each has parameters of its own
export type SimulatedHelper = (world: HelperWorld, ...given: any[]) => unknown;

/** Helpers by their names in camel case. */
export type HelperTable = Readonly<Record<string, SimulatedHelper>>;
