/**
 * Helpers on timers in map values, which run when a test lets time pass.
 * @module
 */
import { viewOf } from "../../base/bytes.ts";
import { loadValue } from "../../layout/memory-object.ts";
import { failed } from "../../sim/errno.ts";
import type { TimerCallback } from "../../sim/helper/timers.ts";
import type { HelperFlags } from "../../spec/kernel-side.ts";
import type { MapSpec } from "../../spec/map-spec.ts";
import type { PlayedMap } from "../played-map.ts";
import type { HelperTable, HelperWorld, TimerFunction } from "./helper-table.ts";

/** Helpers by name. */
export const timerHelpers: HelperTable = {
  timerInit: (world, timer: object, map: MapSpec, clock: HelperFlags = 0) =>
    at(world, timer, (address) =>
      world.timers.init(address, world.maps.played(map), Number(clock)),
    ),
  timerSetCallback: (world, timer: object, callback: TimerFunction) =>
    at(world, timer, (address) =>
      world.timers.setCallback(address, (map) => callbackOf(callback, map)),
    ),
  timerStart: (world, timer: object, delay: number | bigint, flags: HelperFlags = 0) =>
    at(world, timer, (address) => world.timers.start(address, BigInt(delay), BigInt(flags))),
  timerCancel: (world, timer: object) =>
    at(world, timer, (address) => world.timers.cancel(address)),
};

/** What is done with the address of a timer; -EINVAL for one that lies in no map. */
function at(world: HelperWorld, timer: object, use: (address: bigint) => number): number {
  const address = world.maps.addressOf(timer);
  return address === undefined ? failed.invalid : use(address);
}

function callbackOf(callback: TimerFunction, map: PlayedMap): TimerCallback {
  const run: TimerCallback["run"] = (key, address) => {
    const value = map.valueAt(Number(address - map.store.values!.address), 0);
    callback(map.spec, loadValue(map.spec.key, viewOf(key), 0), value);
  };
  return { run, drop: () => {} };
}
