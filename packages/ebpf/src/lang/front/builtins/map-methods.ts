/**
 * Methods of map specs, as calls of helpers.
 * @module
 */
import type { Operand, Value } from "../../ir/operation.ts";
import type { KeyedMapSpec, MapSpec, PerfEventArraySpec } from "../../../spec/map-spec.ts";
import type { HelperName } from "../../../helper/helper-id.ts";
import type { MapType } from "../../../spec/words.ts";
import type { CallSite } from "../call-site.ts";
import { branch, select } from "../compute.ts";
import { kernelStructOf } from "../context/kernel-types.ts";
import {
  booleanScalar,
  type Entity,
  numberScalar,
  type Pointer,
  type Region,
  regions,
  undefinedEntity,
} from "../entity.ts";
import { assertPresent } from "../memory/present.ts";
import { layoutType } from "../layout-types.ts";
import type { Lowering } from "../lowering.ts";
import { callHelper } from "../memory/helper-call.ts";
import { addressOf, asValue, type DirectPlace, stackPlace } from "../memory/place.ts";
import { toRegister } from "../scalar.ts";
import { type MemoryType, voidType } from "../type.ts";
import { inMemory, presentPointer } from "./arguments.ts";
import { firstBytes } from "./byte-range.ts";
import { isMapSpec, useMap } from "./globals.ts";
import { ringMethods } from "./ring-buffer.ts";

/** Lowers a call of a method of a map. */
export type MapMethod<Spec extends MapSpec = MapSpec> = (
  site: CallSite,
  map: MapReference<Spec>,
) => Entity;

/** A map in a call: what it is, and its address in a register. */
export interface MapReference<Spec extends MapSpec = MapSpec> {
  readonly spec: Spec;
  readonly address: () => Value;
}

/** Methods of maps, by what the map is. */
export function mapMethods(
  receiver: Entity,
  name: string,
): ((site: CallSite) => Entity) | undefined {
  const spec = specOf(receiver);
  if (spec === undefined) return undefined;
  const methods = methodsByType[spec.type];
  const method = methods !== undefined && Object.hasOwn(methods, name) ? methods[name] : undefined;
  if (method === undefined) return undefined;
  return (site) => (method as MapMethod)(site, reference(site, receiver, spec));
}

/** Names of the methods of what is a map; none for anything else. */
export function mapMethodNames(receiver: Entity): readonly string[] {
  const spec = specOf(receiver);
  return spec === undefined ? [] : Object.keys(methodsByType[spec.type] ?? {});
}

function specOf(receiver: Entity): MapSpec | undefined {
  if (receiver.kind === "constant" && isMapSpec(receiver.value)) return receiver.value;
  return receiver.kind === "pointer" ? receiver.type.inner : undefined;
}

function reference({ lowering, node }: CallSite, receiver: Entity, spec: MapSpec): MapReference {
  if (receiver.kind === "pointer") {
    assertPresent(lowering, receiver, node);
    return { spec, address: () => asValue(lowering, receiver.operand) };
  }
  return { spec, address: () => mapAddress(lowering, spec) };
}

/** The address of a map, as helpers take it. */
export function mapAddress(lowering: Lowering, spec: MapSpec): Value {
  useMap(lowering, spec);
  return lowering.builder.define({ kind: "map-address", map: spec.name }, { pointer: true });
}

type Methods = Readonly<Record<string, MapMethod<never>>>;

const elements: Methods = {
  lookup: (site, map: MapReference<Keyed>) => {
    site.expectArguments(1);
    const key = keyArgument(site, map.spec);
    return lookedUp(
      site,
      map,
      callHelper(site.lowering, "map_lookup_elem", [map.address(), key], pointerNote),
    );
  },
  update: (site, map: MapReference<Keyed>) => {
    site.expectArguments(2, 3);
    const key = keyArgument(site, map.spec);
    const value = valueArgument(site, 1, map.spec);
    const mode = modeArgument(site, 2);
    return status(callHelper(site.lowering, "map_update_elem", [map.address(), key, value, mode]));
  },
  delete: (site, map: MapReference<Keyed>) => {
    site.expectArguments(1);
    const key = keyArgument(site, map.spec);
    return status(callHelper(site.lowering, "map_delete_elem", [map.address(), key]));
  },
};

const perCpu: Methods = {
  ...elements,
  lookupPercpu: (site, map: MapReference<Keyed>) => {
    site.expectArguments(2);
    const { lowering } = site;
    const key = keyArgument(site, map.spec);
    const cpu = toRegister(lowering, site.argument(1), site.argumentNode(1));
    const given = [map.address(), key, cpu];
    return lookedUp(site, map, callHelper(lowering, "map_lookup_percpu_elem", given, pointerNote));
  },
};

/** BPF_F_CURRENT_CPU of include/uapi/linux/bpf.h. */
const currentCpu = 0xffff_ffffn;

const perfEvents: Methods = {
  output: (site, { spec, address }: MapReference<PerfEventArraySpec<unknown>>) => {
    site.expectArguments(2);
    const context = register(site, 0);
    const event = argumentOf(site, 1, layoutType(spec.value));
    const given = [context, address(), currentCpu, event, BigInt(event.type.size)];
    return status(callHelper(site.lowering, "perf_event_output", given));
  },
  outputBytes: (site, { address }: MapReference<PerfEventArraySpec<unknown>>) => {
    site.expectArguments(3);
    const context = register(site, 0);
    const given = [context, address(), currentCpu, ...firstBytes(site, 1)];
    return status(callHelper(site.lowering, "perf_event_output", given));
  },
};

const queue: Methods = {
  push: (site, map: MapReference<Keyed>) => {
    site.expectArguments(1, 2);
    const value = valueArgument(site, 0, map.spec);
    const mode = modeArgument(site, 1);
    return status(callHelper(site.lowering, "map_push_elem", [map.address(), value, mode]));
  },
  pop: (site, map: MapReference<Keyed>) => taken(site, map, "map_pop_elem"),
  peek: (site, map: MapReference<Keyed>) => taken(site, map, "map_peek_elem"),
};

const bloom: Methods = {
  push: queue["push"]!,
  mayHave: (site, map: MapReference<Keyed>) => {
    site.expectArguments(1);
    const value = valueArgument(site, 0, map.spec);
    const { lowering } = site;
    const result = callHelper(lowering, "map_peek_elem", [map.address(), value]);
    const [yes, no] = [lowering.flowEnd(), lowering.flowEnd()];
    branch(lowering, [result, "eq", 0n], { then: yes, else: no });
    return booleanScalar(
      select(lowering, "may have", [
        { from: yes, value: () => 1n },
        { from: no, value: () => 0n },
      ]),
    );
  },
};

const stackTrace: Methods = {
  getId: (site, map: MapReference) => {
    site.expectArguments(1, 2);
    const [context, flags] = [register(site, 0), register(site, 1)];
    return status(callHelper(site.lowering, "get_stackid", [context, map.address(), flags]));
  },
};

const programs: Methods = {
  tailCall: (site, map: MapReference) => {
    site.expectArguments(2);
    const [context, index] = [register(site, 0), register(site, 1)];
    callHelper(site.lowering, "tail_call", [context, map.address(), index]);
    return undefinedEntity;
  },
};

const redirect: Methods = {
  redirect: (site, map: MapReference) => {
    site.expectArguments(1, 2);
    const [key, flags] = [register(site, 0), register(site, 1)];
    return status(callHelper(site.lowering, "redirect_map", [map.address(), key, flags]));
  },
};

function sockets(names: {
  readonly skb: HelperName;
  readonly msg: HelperName;
  readonly update: HelperName;
  readonly keyInMemory: boolean;
}): Methods {
  const send =
    (name: HelperName): MapMethod<Keyed> =>
    (site, map) => {
      site.expectArguments(2, 3);
      const context = register(site, 0);
      const key = names.keyInMemory ? keyArgument(site, map.spec, 1) : register(site, 1);
      const flags = register(site, 2);
      return status(callHelper(site.lowering, name, [context, map.address(), key, flags]));
    };
  return {
    redirectSkb: send(names.skb),
    redirectMsg: send(names.msg),
    addSocket: (site, map: MapReference<Keyed>) => {
      site.expectArguments(2, 3);
      const context = register(site, 0);
      const key = keyArgument(site, map.spec, 1);
      const mode = modeArgument(site, 2);
      const given = [context, map.address(), key, mode];
      return status(callHelper(site.lowering, names.update, given));
    },
    lookup: socketAt,
    delete: elements["delete"]!,
  };
}

/** The socket at a key, which the program has to release. */
const socketAt: MapMethod<Keyed> = (site, map) => {
  site.expectArguments(1);
  const { lowering } = site;
  const given = [map.address(), keyArgument(site, map.spec)];
  const found = callHelper(lowering, "map_lookup_elem", given, pointerNote);
  return optionalPointer(kernelStructOf(lowering, "bpf_sock", site.node), regions.socket, found);
};

const sockmap = sockets({
  skb: "sk_redirect_map",
  msg: "msg_redirect_map",
  update: "sock_map_update",
  keyInMemory: false,
});

const sockhash = sockets({
  skb: "sk_redirect_hash",
  msg: "msg_redirect_hash",
  update: "sock_hash_update",
  keyInMemory: true,
});

const cgroups: Methods = {
  skbUnder: (site, map: MapReference) => {
    site.expectArguments(2);
    const [skb, index] = [register(site, 0), register(site, 1)];
    return status(callHelper(site.lowering, "skb_under_cgroup", [skb, map.address(), index]));
  },
  currentTaskUnder: (site, map: MapReference) => {
    site.expectArguments(1);
    const given = [map.address(), register(site, 0)];
    return status(callHelper(site.lowering, "current_task_under_cgroup", given));
  },
};

/** BPF_LOCAL_STORAGE_GET_F_CREATE of include/uapi/linux/bpf.h. */
const createFlag = 1n;

function storage(get: HelperName, remove: HelperName): Methods {
  const found = (
    site: CallSite,
    map: MapReference<Keyed>,
    given: readonly (Operand | DirectPlace)[],
  ): Entity =>
    lookedUp(site, map, callHelper(site.lowering, get, [map.address(), ...given], pointerNote));
  return {
    get: (site, map: MapReference<Keyed>) => {
      site.expectArguments(1);
      return found(site, map, [owner(site), 0n, 0n]);
    },
    getOrCreate: (site, map: MapReference<Keyed>) => {
      site.expectArguments(1, 2);
      const initial = site.has(1) ? valueArgument(site, 1, map.spec) : 0n;
      return found(site, map, [owner(site), initial, createFlag]);
    },
    deleteOf: (site, map: MapReference<Keyed>) => {
      site.expectArguments(1);
      return status(callHelper(site.lowering, remove, [map.address(), owner(site)]));
    },
  };
}

function owner(site: CallSite): Operand {
  const argument = { entity: site.value(0), node: site.argumentNode(0) };
  return presentPointer(site.lowering, argument, "an object of the kernel").operand;
}

const methodsByType: { readonly [Type in MapType]?: Methods } = {
  hash: elements,
  rhash: elements,
  lru_hash: elements,
  percpu_hash: perCpu,
  lru_percpu_hash: perCpu,
  array: elements,
  percpu_array: perCpu,
  lpm_trie: elements,
  array_of_maps: elements,
  hash_of_maps: elements,
  queue,
  stack: queue,
  bloom_filter: bloom,
  stack_trace: stackTrace,
  prog_array: programs,
  devmap: redirect,
  devmap_hash: redirect,
  cpumap: redirect,
  xskmap: redirect,
  sockmap,
  sockhash,
  cgroup_array: cgroups,
  sk_storage: storage("sk_storage_get", "sk_storage_delete"),
  task_storage: storage("task_storage_get", "task_storage_delete"),
  inode_storage: storage("inode_storage_get", "inode_storage_delete"),
  cgrp_storage: storage("cgrp_storage_get", "cgrp_storage_delete"),
  ringbuf: ringMethods,
  perf_event_array: perfEvents,
};

type Keyed = KeyedMapSpec<never, unknown, unknown> & MapSpec;

const pointerNote = { pointer: true } as const;

/** A number that is 0, or what was asked for, or a negated errno. */
export function status(result: Value): Entity {
  return numberScalar(result);
}

/** An element that may be missing; of maps of maps, the inner map. */
function lookedUp(site: CallSite, { spec }: MapReference<Keyed>, found: Value): Entity {
  if ("inner" in spec && isMapSpec(spec.inner)) return innerMap(spec.inner, found);
  const pointer = optionalPointer(layoutType(spec.value), regions["map-value"], found);
  return { ...pointer, type: { ...pointer.type, map: spec } };
}

/** A map, as an object that methods are called on. */
function innerMap(inner: MapSpec, operand: Value): Pointer {
  const target = { ...voidType, name: `the map "${inner.name}"` };
  const type = { target, region: regions.kernel, nullable: true, inner };
  return { kind: "pointer", type, operand };
}

/** A reference that may be missing. */
export function optionalPointer(target: MemoryType, region: Region, operand: Operand): Pointer {
  return { kind: "pointer", type: { target, region, nullable: true }, operand };
}

/** A value taken out of a map into memory of the stack. */
function taken(site: CallSite, { spec, address }: MapReference<Keyed>, name: HelperName): Entity {
  site.expectArguments(0);
  const place = stackPlace(site.lowering, layoutType(spec.value), "taken");
  const result = callHelper(site.lowering, name, [address(), place]);
  return presentWhenZero(site.lowering, result, place);
}

/** A reference to a place that was filled, when a helper returned no error; else `undefined`. */
export function presentWhenZero(lowering: Lowering, result: Value, place: DirectPlace): Pointer {
  const [filled, failed] = [lowering.flowEnd(), lowering.flowEnd()];
  branch(lowering, [result, "slt", 0n], { then: failed, else: filled });
  const operand = select(lowering, "filled", [
    { from: filled, value: () => addressOf(lowering, place) },
    { from: failed, value: () => 0n },
  ]);
  return optionalPointer(place.type, regions.stack, operand);
}

function keyArgument(site: CallSite, spec: Keyed, index = 0): DirectPlace {
  return argumentOf(site, index, layoutType(spec.key));
}

function valueArgument(site: CallSite, index: number, spec: Keyed): DirectPlace {
  return argumentOf(site, index, layoutType(spec.value));
}

function argumentOf(site: CallSite, index: number, type: MemoryType): DirectPlace {
  const argument = { entity: site.argument(index), node: site.argumentNode(index) };
  return inMemory(site.lowering, argument, type);
}

/** An argument in a register; 0 when it is left out. */
function register(site: CallSite, index: number): Operand {
  if (!site.has(index)) return 0n;
  return toRegister(site.lowering, site.argument(index), site.argumentNode(index));
}

/** BPF_ANY, BPF_NOEXIST, BPF_EXIST of include/uapi/linux/bpf.h. */
const modes: Readonly<Record<string, bigint>> = { any: 0n, noexist: 1n, exist: 2n };

function modeArgument(site: CallSite, index: number): Operand {
  if (!site.has(index)) return 0n;
  const entity = site.argument(index);
  const mode = entity.kind === "constant" ? modes[String(entity.value)] : undefined;
  return mode ?? site.fail('the mode must be "any", "noexist" or "exist"', "leave it out for any");
}
