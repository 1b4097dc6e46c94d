/**
 * The network of the running kernel: the files of this folder, put together.
 * @module
 */
import type { Network } from "../../kernel/network.ts";
import type { Caller } from "../call/caller.ts";
import { addClsact, hasClsact, removeClsact } from "./clsact.ts";
import { addFilter, listFilters, removeFilter } from "./filters.ts";
import { addNetkit, removeInterface } from "./netkit.ts";
import { addRoute, removeRoute } from "./routes.ts";
import { setXdp, xdpPrograms } from "./xdp.ts";

/** {@link Network} by rtnetlink. */
export function nativeNetwork(caller: Caller): Network {
  return {
    xdpPrograms: (index) => xdpPrograms(caller, index),
    setXdp: (index, change) => setXdp(caller, index, change),
    addClsact: (index, blocks) => addClsact(caller, index, blocks),
    removeClsact: (index) => removeClsact(caller, index),
    hasClsact: (index) => hasClsact(caller, index),
    filters: (place) => listFilters(caller, place),
    addFilter: (place, filter) => addFilter(caller, place, filter),
    removeFilter: (place, filter) => removeFilter(caller, place, filter),
    addRoute: (route, tunnel) => addRoute(caller, route, tunnel),
    removeRoute: (route) => removeRoute(caller, route),
    addNetkit: (pair) => addNetkit(caller, pair),
    removeInterface: (index) => removeInterface(caller, index),
  };
}
